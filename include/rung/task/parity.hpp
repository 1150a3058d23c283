#pragma once
// Parity of a string of bits: "10110=" -> "1". Difficulty is the length; the first bit may be zero.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct Parity {
    static constexpr std::string_view alphabet = "01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1, "Parity: length; got ", difficulty, ", wanted at least 1");
        std::string bits;
        for (int i = 0; i < difficulty; ++i) bits += rng.below(2) ? '1' : '0';
        return example(bits);
    }
    Example example(std::string_view bits) const {
        int ones = 0;
        for (const char bit : bits) {
            RUNG_CHECK(bit == '0' || bit == '1', "Parity: bits; got '", bits, "', wanted zeros and ones");
            ones += bit == '1';
        }
        return {std::string(bits) + "=", ones % 2 ? "1" : "0"};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) { return bits::ordinal(prompt); }
    int                           longest(int difficulty) const { return difficulty + 2; }
};

}  // namespace rung
