#pragma once
// Multiplication in base two: "10*110=" -> "00110": most significant bit first in, least significant bit first out, as
// many bits as both numbers have together; the first may be zero (Fan et al., "Looped transformers for length
// generalization", ICLR 2025). Difficulties are the bits of both.

#include "rung/task/bits.hpp"
#include "rung/task/digits.hpp"

namespace rung {

struct BinaryMultiplication {
    static constexpr std::string_view                alphabet = "01*=";
    static constexpr int                             vocab    = vocab_size(alphabet);
    static constexpr std::array<std::string_view, 2> axes{"bits of a", "bits of b"};

    Example sample(Rng& rng, Difficulty count) const {
        const std::string a = bits::random(rng, count.first, "BinaryMultiplication");
        return example(a, bits::random(rng, count.second, "BinaryMultiplication"));
    }
    Example example(std::string_view a, std::string_view b) const {
        digits::check<2>(a, "BinaryMultiplication");
        digits::check<2>(b, "BinaryMultiplication");
        std::string product = digits::reversed(digits::multiply<2>(a, b));
        product.resize(a.size() + b.size(), '0');
        return {std::string(a).append("*").append(b).append("="), product};
    }
    static bool correct(Example const& truth, std::string_view answer) {
        return digits::same_value<2>(digits::reversed(truth.answer), digits::reversed(answer));
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        const auto sign = prompt.find('*');
        return ordinal_of_both(bits::ordinal(prompt.substr(0, sign)), bits::ordinal(prompt.substr(sign + 1)));
    }
    constexpr int longest(Difficulty count) const { return 2 * (count.first + count.second + 1); }
};

}  // namespace rung
