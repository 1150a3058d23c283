#pragma once
// The sum of digits, modulo: "4071=" -> "2" modulo 10; all digits are below the modulus (Delétang et al., "Neural
// networks and the Chomsky hierarchy", ICLR 2023: modular arithmetic, with sums alone). Difficulty is the length.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct ModularSum {
    static constexpr std::string_view alphabet = "0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    int modulus = 10;  ///< 2 to 10

    Example sample(Rng& rng, int difficulty) const {
        check_modulus();
        RUNG_CHECK(difficulty >= 1, "ModularSum: length; got ", difficulty, ", wanted at least 1");
        std::string text(std::size_t(difficulty), '0');
        for (char& digit : text) digit = char('0' + rng.below(std::uint32_t(modulus)));
        return example(text);
    }
    Example example(std::string_view text) const {
        check_modulus();
        RUNG_CHECK(!text.empty(), "ModularSum: digits; got none, wanted at least 1");
        int sum = 0;
        for (const char c : text) {
            RUNG_CHECK(c >= '0' && c < '0' + modulus, "ModularSum: digits; got '", text, "', wanted 0 to ",
                       modulus - 1);
            sum = (sum + c - '0') % modulus;
        }
        return {std::string(text) + "=", std::string(1, char('0' + sum))};
    }
    std::optional<Ordinal> ordinal(std::string_view prompt) const {
        return ordinal_of_text(before_equals(prompt), alphabet.substr(0, std::size_t(modulus)));
    }
    constexpr int longest(int difficulty) const { return difficulty + 2; }

private:
    void check_modulus() const {
        RUNG_CHECK(modulus >= 2 && modulus <= 10, "ModularSum: modulus; got ", modulus, ", wanted 2 to 10");
    }
};

}  // namespace rung
