#pragma once
// How hard a problem is, along one axis or two: digits, or the nodes of a maze and the hops through it.

#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "rung/core/check.hpp"

namespace rung {

/// Made from one number where a task has one axis, and from two where it has two. Ordered by the first, then the
/// second. One number is an int again wherever one is wanted; of two, say which.
struct Difficulty {
    int first = 0, second = 0;  ///< second: 0 where there is one axis

    constexpr Difficulty() = default;
    constexpr Difficulty(int first_axis, int second_axis = 0) : first(first_axis), second(second_axis) {}
    /// Throws where there are two numbers.
    constexpr operator int() const {
        RUNG_CHECK(second == 0, "Difficulty: as one number; got ", first, "x", second,
                   ", which are two (say .first or .second)");
        return first;
    }
    constexpr auto operator<=>(Difficulty const&) const = default;
    constexpr bool operator==(Difficulty const&) const  = default;
    constexpr auto operator<=>(int number) const { return *this <=> Difficulty(number); }
    constexpr bool operator==(int number) const { return *this == Difficulty(number); }
    /// Whether each number is at most the other's.
    constexpr bool within(Difficulty const& most) const {
        return first <= most.first && second <= most.second;
    }

    void archive(auto& all) { all(first, second); }

    /// "7", or "5x6".
    std::string text() const { return second == 0 ? join({first}) : join({first, "x", second}); }
    /// A number that no other difficulty of the same task has, to name streams by: an int's is itself.
    constexpr std::uint32_t key() const {
        RUNG_CHECK(first >= 0 && second >= 0 && (second == 0 || (first < 1 << 16 && second < 1 << 16)),
                   "Difficulty: key of ", first, " and ", second,
                   ", wanted at least 0, and below 65536 where there are two");
        return std::uint32_t(first) | std::uint32_t(second) << 16;
    }
};

inline std::ostream& operator<<(std::ostream& out, Difficulty const& difficulty) {
    return out << difficulty.text();
}

namespace detail {
/// Throws unless there may be problems of a difficulty. Whether it has as many numbers as the task has axes is the
/// task's to say.
inline void check_at_least_one(std::string_view where, Difficulty difficulty) {
    RUNG_CHECK(difficulty.first >= 1 && difficulty.second >= 0, where, ": difficulty; got ",
               difficulty.text(), ", wanted at least 1");
}
}  // namespace detail

}  // namespace rung
