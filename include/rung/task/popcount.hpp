#pragma once
// How many bits are ones: "11011=" -> "001", in base two, least significant bit first; of none, nothing is written (Fan
// et al., "Looped transformers for length generalization", ICLR 2025). Difficulty is the length.

#include <bit>

#include "rung/task/bits.hpp"
#include "rung/task/digits.hpp"

namespace rung {

struct Popcount {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        return example(bits::random(rng, difficulty, "Popcount"));
    }
    Example example(std::string_view text) const {
        bits::check(text, "Popcount");
        return {std::string(text) + "=", in_binary(bits::ones(text))};
    }
    static bool correct(Example const& truth, std::string_view answer) {
        const auto number = [](std::string_view text) {
            return "0" + digits::reversed(text);
        };  // nothing is 0
        return digits::same_value<2>(number(truth.answer), number(answer));
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    constexpr int                 longest(int difficulty) const {
                        return difficulty + 1 + int(std::bit_width(unsigned(difficulty)));
    }

private:
    static std::string in_binary(int n) {
        std::string text;
        for (; n > 0; n /= 2) text += char('0' + n % 2);
        return text;
    }
};

}  // namespace rung
