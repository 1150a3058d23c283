#pragma once
// Which of how many problems a prompt is, where a task can count them.

#include <cstdint>
#include <optional>
#include <string_view>

#include "rung/task/difficulty.hpp"

namespace rung {

/// Problem `index` of the `count` problems of a size; where there are more than can be counted, perhaps a hash below
/// most_counted. A function of the prompt alone: two tasks that ask the same, each
/// in its way, number it alike.
struct Ordinal {
    std::uint64_t index = 0, count = 0;
    Difficulty    size = 0;

    bool operator==(Ordinal const&) const = default;
};

/// More problems are not counted: nothing that is drawn at random meets twice among so many.
inline constexpr std::uint64_t most_counted = std::uint64_t{1} << 62;

/// A prompt up to its "=".
constexpr std::string_view before_equals(std::string_view prompt) {
    return prompt.substr(0, prompt.find('='));
}

/// Of the strings of some length over an alphabet; nothing where there are too many, or characters of another.
inline std::optional<Ordinal> ordinal_of_text(std::string_view text, std::string_view alphabet) {
    Ordinal all{0, 1, int(text.size())};
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos || all.count > most_counted / alphabet.size()) return {};
        all.count *= alphabet.size();
        all.index = all.index * alphabet.size() + digit;
    }
    return all;
}

/// Of the numbers of so many digits, the first of which is not zero.
inline std::optional<Ordinal> ordinal_of_number(std::string_view number) {
    auto all = ordinal_of_text(number, "0123456789");
    if (!all || all->count < 10 || number.front() == '0') return {};
    return Ordinal{all->index - all->count / 10, all->count / 10 * 9, all->size};
}

/// Of both, each in its own space.
inline std::optional<Ordinal> ordinal_of_both(std::optional<Ordinal> const& a,
                                              std::optional<Ordinal> const& b) {
    if (!a || !b || a->count > most_counted / b->count) return {};
    return Ordinal{a->index * b->count + b->index, a->count * b->count, {a->size.first, b->size.first}};
}

}  // namespace rung
