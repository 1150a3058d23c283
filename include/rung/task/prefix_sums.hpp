#pragma once
// The parity of every beginning: "1011=" -> "1101" (Schwarzschild et al., "Can you learn an algorithm?", NeurIPS 2021).
// Difficulty is the length.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct PrefixSums {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        return example(bits::random(rng, difficulty, "PrefixSums"));
    }
    Example example(std::string_view text) const {
        bits::check(text, "PrefixSums");
        std::string sums(text);
        for (std::size_t i = 1; i < sums.size(); ++i) sums[i] = sums[i] == sums[i - 1] ? '0' : '1';
        return {std::string(text) + "=", sums};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return 2 * difficulty + 1; }
};

}  // namespace rung
