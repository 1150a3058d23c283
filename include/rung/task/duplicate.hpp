#pragma once
// Writing twice: "407=" -> "407407" (Delétang et al., "Neural networks and the Chomsky hierarchy", ICLR 2023:
// duplicate string). Difficulty is the length; the first digit is not zero.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Duplicate {
    static constexpr std::string_view alphabet = "0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const { return example(digits::random(rng, difficulty)); }
    Example example(std::string_view text) const {
        digits::check(text, "Duplicate");
        return {std::string(text) + "=", std::string(text).append(text)};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return digits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return 3 * difficulty + 1; }
};

}  // namespace rung
