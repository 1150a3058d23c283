#pragma once
// Whether more bits are ones than zeros: "10110=" -> "1"; a draw is "0" (Furst, Saxe and Sipser, "Parity, circuits, and
// the polynomial-time hierarchy", 1984). Difficulty is the length.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Majority {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        return example(bits::random(rng, difficulty, "Majority"));
    }
    Example example(std::string_view text) const {
        bits::check(text, "Majority");
        return {std::string(text) + "=", 2 * bits::ones(text) > int(text.size()) ? "1" : "0"};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return difficulty + 2; }
};

}  // namespace rung
