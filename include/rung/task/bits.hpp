#pragma once
// Strings of bits.

#include <algorithm>
#include <string>
#include <string_view>

#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung::bits {

/// Every string of so many bits equally often.
inline std::string random(Rng& rng, int count, std::string_view where) {
    RUNG_CHECK(count >= 1, where, ": bits; got ", count, ", wanted at least 1");
    std::string bits(std::size_t(count), '0');
    for (char& bit : bits) bit = rng.below(2) ? '1' : '0';
    return bits;
}

/// Throws unless there are zeros and ones, and nothing else.
inline void check(std::string_view bits, std::string_view where) {
    RUNG_CHECK(!bits.empty() && bits.find_first_not_of("01") == std::string_view::npos, where,
               ": bits; got '", bits, "', wanted zeros and ones");
}

/// Of the prompts of so many bits.
inline std::optional<Ordinal> ordinal(std::string_view prompt) {
    return ordinal_of_text(before_equals(prompt), "01");
}

inline int ones(std::string_view bits) { return int(std::count(bits.begin(), bits.end(), '1')); }

}  // namespace rung::bits
