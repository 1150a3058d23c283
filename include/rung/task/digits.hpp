#pragma once
// Numbers as strings of decimal digits, most significant first: any length, no 64-bit limit.

#include <algorithm>
#include <string>
#include <string_view>

#include "rung/core/rng.hpp"
#include "rung/task/task.hpp"

namespace rung::digits {

/// Uniform among the numbers of exactly `count` digits: the first is not zero.
inline std::string random(Rng& rng, int count) {
    RUNG_CHECK(count > 0, "digits::random: count; got ", count, ", wanted at least 1");
    std::string number(std::size_t(count), '0');
    for (int i = 0; i < count; ++i)
        number[std::size_t(i)] = char('0' + (i == 0 ? 1 + rng.below(9) : rng.below(10)));
    return number;
}

inline std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

/// Throws unless `number` is one or more digits.
inline void check(std::string_view number, std::string_view where) {
    RUNG_CHECK(!number.empty() &&
                   std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }),
               where, ": number; got '", number, "', wanted decimal digits");
}

/// a + b without leading zeros (but "0" + "0" = "0").
inline std::string add(std::string_view a, std::string_view b) {
    check(a, "digits::add");
    check(b, "digits::add");
    std::string sum;
    int         carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry; ++i) {
        const int s = carry + (i < a.size() ? a[a.size() - 1 - i] - '0' : 0) +
                      (i < b.size() ? b[b.size() - 1 - i] - '0' : 0);
        sum += char('0' + s % 10);
        carry = s / 10;
    }
    while (sum.size() > 1 && sum.back() == '0') sum.pop_back();
    return reversed(sum);
}

}  // namespace rung::digits

namespace rung {

/// The index, from 1, of the last character within the run of digits that it ends; 0 if it is none. Blanks are digits:
/// they stand for those of an answer that is read at once.
inline int digit_place(std::string_view text) {
    const auto last =
        std::find_if(text.rbegin(), text.rend(), [](char c) { return c != blank && (c < '0' || c > '9'); });
    return int(last - text.rbegin());
}

}  // namespace rung
