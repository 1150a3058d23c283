#pragma once
// Parity of a string of bits: "10110=" -> "1". Difficulty is the length; the first bit may be zero.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Parity {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        return example(bits::random(rng, difficulty, "Parity"));
    }
    Example example(std::string_view text) const {
        bits::check(text, "Parity");
        return {std::string(text) + "=", bits::ones(text) % 2 ? "1" : "0"};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return difficulty + 2; }
};

}  // namespace rung
