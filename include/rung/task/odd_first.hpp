#pragma once
// The characters at odd places, then those at even places: "4071=" -> "4701" (Delétang et al., "Neural networks and
// the Chomsky hierarchy", ICLR 2023: odds first). Difficulty is the length; the first digit is not zero.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct OddFirst {
    static constexpr std::string_view alphabet = "0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const { return example(digits::random(rng, difficulty)); }
    Example example(std::string_view text) const {
        digits::check(text, "OddFirst");
        std::string answer;
        for (std::size_t first : {0u, 1u})
            for (std::size_t i = first; i < text.size(); i += 2) answer += text[i];
        return {std::string(text) + "=", answer};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return digits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const { return 2 * difficulty + 1; }
};

}  // namespace rung
