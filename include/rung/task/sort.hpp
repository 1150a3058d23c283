#pragma once
// Sorting digits, the smallest first: "4071=" -> "0147" (Zhou et al., "What algorithms can transformers learn?", ICLR
// 2024). Difficulty is the length; the first digit is not zero.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Sort {
    static constexpr std::string_view alphabet = "0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const { return example(digits::random(rng, difficulty)); }
    Example example(std::string_view text) const {
        digits::check(text, "Sort");
        std::string sorted(text);
        std::sort(sorted.begin(), sorted.end());
        return {std::string(text) + "=", sorted};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return digits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return 2 * difficulty + 1; }
};

}  // namespace rung
