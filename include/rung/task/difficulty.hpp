#pragma once
// How hard a problem is, along one axis or two: digits, or the nodes of a maze and the hops through it.

#include <compare>
#include <cstdint>
#include <string>

#include "rung/core/check.hpp"

namespace rung {

/// Made from one number where a task has one axis, and from two where it has two. Ordered by the first, then the
/// second. There is no way back to an int: which of the two numbers it would be is for the caller to say.
struct Difficulty {
    int first = 0, second = 0;  ///< second: 0 where there is one axis

    constexpr Difficulty() = default;
    constexpr Difficulty(int first_axis, int second_axis = 0) : first(first_axis), second(second_axis) {}
    auto operator<=>(Difficulty const&) const = default;

    /// "7", or "5x6".
    std::string text() const {
        return second == 0 ? std::to_string(first) : std::to_string(first) + "x" + std::to_string(second);
    }
    /// A number that no other difficulty of the same task has, to name streams by: an int's is itself.
    constexpr std::uint32_t key() const {
        RUNG_CHECK(first >= 0 && second >= 0 && (second == 0 || (first < 1 << 16 && second < 1 << 16)),
                   "Difficulty: key of ", first, " and ", second,
                   ", wanted at least 0, and below 65536 where there are two");
        return std::uint32_t(first) | std::uint32_t(second) << 16;
    }
};

}  // namespace rung
