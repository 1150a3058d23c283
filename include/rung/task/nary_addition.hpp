#pragma once
// Sums of many numbers: "315+120+045+824=" -> "1304". Difficulty is the number of operands, all of the same number of
// digits, zeros in front (Saunshi et al., "Reasoning with latent thoughts: on the power of looped transformers", ICLR
// 2025).

#include <optional>
#include <string>
#include <vector>

#include "rung/core/hash.hpp"
#include "rung/task/digits.hpp"
#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct NaryAddition {
    static constexpr std::string_view alphabet = "0123456789+=";
    static constexpr int              vocab    = vocab_size(alphabet);

    int digits = 3;  ///< of every operand
    /// "513+021=" -> "5340": every number least significant digit first, the sum filled with zeros to the digits of the
    /// largest one.
    bool reversed = false;

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1 && digits >= 1, "NaryAddition: operands and their digits; got ",
                   difficulty, " and ", digits, ", wanted at least 1 each");
        std::vector<std::string> operands;
        for (int i = 0; i < difficulty; ++i) {
            std::string& operand = operands.emplace_back();
            for (int d = 0; d < digits; ++d) operand += char('0' + rng.below(10));
        }
        return example(operands);
    }
    Example example(std::vector<std::string> const& operands) const {
        RUNG_CHECK(!operands.empty(), "NaryAddition: operands; got none, wanted at least 1");
        Example     all;
        std::string sum = "0";
        for (auto const& operand : operands) {
            rung::digits::check(operand, "NaryAddition");
            RUNG_CHECK(int(operand.size()) == digits, "NaryAddition: operand; got '", operand, "', wanted ",
                       digits, " digits");
            all.prompt +=
                (all.prompt.empty() ? "" : "+") + (reversed ? rung::digits::reversed(operand) : operand);
            sum = rung::digits::add(sum, operand);
        }
        if (reversed) {
            sum = rung::digits::reversed(sum);
            sum.resize(std::size_t(longest_sum(int(operands.size()))), '0');
        }
        all.prompt += '=', all.answer = sum;
        return all;
    }
    bool correct(Example const& truth, std::string_view answer) const {
        const auto number = [&](std::string_view text) {
            return reversed ? rung::digits::reversed(text) : std::string(text);
        };
        return rung::digits::same_value(number(truth.answer), number(answer));
    }
    /// Of more digits than can be counted, a hash of them.
    std::optional<Ordinal> ordinal(std::string_view prompt) const {
        std::string text, operand;
        for (const char c : prompt) {
            if (c != '+' && c != '=') operand += c;
            else text += reversed ? rung::digits::reversed(operand) : operand, operand.clear();
        }
        if (!rung::digits::is_number(text)) return {};
        const auto counted = ordinal_of_text(text, "0123456789");
        return counted ? counted : Ordinal{hash_of(text) % most_counted, most_counted, int(text.size())};
    }
    constexpr int longest(int difficulty) const {
        return difficulty * (digits + 1) + longest_sum(difficulty);
    }
    std::string name() const { return concat(digits, reversed ? " digits, reversed" : " digits"); }

private:
    /// n numbers below 10^d make less than n 10^d: the digits of n - 1 come before theirs.
    constexpr int longest_sum(int operands) const {
        int carries = 0;
        for (int rest = operands - 1; rest > 0; rest /= 10) ++carries;
        return digits + carries;
    }
};

}  // namespace rung
