#pragma once
// Copying: "4071=" -> "4071". Difficulty is the length; the first digit is not zero.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Copy {
    static constexpr std::string_view alphabet = "0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const { return example(digits::random(rng, difficulty)); }
    Example example(std::string_view text) const {
        digits::check(text, "Copy");
        return {std::string(text) + "=", std::string(text)};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return digits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return 2 * difficulty + 1; }
};

}  // namespace rung
