#pragma once
// Addition in base two: "101+011=" -> "1000", most significant bit first; both numbers have as many bits, of which the
// first may be zero, and the sum has one more (Fan et al., "Looped transformers for length generalization", ICLR 2025).

#include "rung/task/bits.hpp"
#include "rung/task/digits.hpp"

namespace rung {

struct BinaryAddition {
    static constexpr std::string_view alphabet = "01+=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        const std::string a = bits::random(rng, difficulty, "BinaryAddition");
        return example(a, bits::random(rng, difficulty, "BinaryAddition"));
    }
    Example example(std::string_view a, std::string_view b) const {
        digits::check<2>(a, "BinaryAddition");
        digits::check<2>(b, "BinaryAddition");
        std::string       sum   = digits::add<2>(a, b);
        const std::size_t width = std::max(a.size(), b.size()) + 1;
        sum.insert(0, width - sum.size(), '0');
        return {std::string(a).append("+").append(b).append("="), sum};
    }
    static bool correct(Example const& truth, std::string_view answer) {
        return digits::same_value<2>(truth.answer, answer);
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        const auto sign = prompt.find('+');
        return ordinal_of_both(bits::ordinal(prompt.substr(0, sign)), bits::ordinal(prompt.substr(sign + 1)));
    }
    constexpr int longest(int difficulty) const { return 3 * difficulty + 3; }
};

}  // namespace rung
