#pragma once
// Whether "01" and "10" together occur an even number of times: "0110=" -> "1", which is whether the first bit is the
// last (Delétang et al., "Neural networks and the Chomsky hierarchy", ICLR 2023). Difficulty is the length.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct EvenPairs {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        return example(bits::random(rng, difficulty, "EvenPairs"));
    }
    Example example(std::string_view text) const {
        bits::check(text, "EvenPairs");
        return {std::string(text) + "=", text.empty() || text.front() == text.back() ? "1" : "0"};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return difficulty + 2; }
};

}  // namespace rung
