#pragma once
// Alphabets put together at compile time.

#include <array>
#include <string_view>

namespace rung {

/// Characters in the order in which they were first added, each once. Kept as a `static constexpr` member, of which the
/// alphabet is the view.
struct Letters {
    std::array<char, 96> text{};
    std::size_t          size = 0;

    constexpr Letters with(std::string_view more) const {
        Letters all = *this;
        for (const char c : more)
            if (all.view().find(c) == std::string_view::npos) all.text[all.size++] = c;
        return all;
    }
    constexpr std::string_view view() const { return {text.data(), size}; }
};

}  // namespace rung
