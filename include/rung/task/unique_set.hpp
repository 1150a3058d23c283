#pragma once
// Every symbol once, in the order in which it first came: "gmgd=" -> "gmd" (Fan et al., "Looped transformers for length
// generalization", ICLR 2025: unique set; its numbers 0 to 49 are the letters a to z and A to X here). Difficulty is
// the length.

#include <algorithm>

#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct UniqueSet {
    static constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX=";
    static constexpr int              vocab    = vocab_size(alphabet);
    static constexpr std::string_view symbols  = alphabet.substr(0, alphabet.size() - 1);

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1, "UniqueSet: length; got ", difficulty, ", wanted at least 1");
        std::string text(std::size_t(difficulty), 'a');
        for (char& symbol : text) symbol = symbols[rng.below(std::uint32_t(symbols.size()))];
        return example(text);
    }
    Example example(std::string_view text) const {
        RUNG_CHECK(!text.empty() && text.find_first_not_of(symbols) == std::string_view::npos,
                   "UniqueSet: symbols; got '", text, "', wanted letters, a to X");
        std::string answer;
        for (const char symbol : text)
            if (answer.find(symbol) == std::string::npos) answer += symbol;
        return {std::string(text) + "=", answer};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        return ordinal_of_text(before_equals(prompt), symbols);
    }
    constexpr int longest(int difficulty) const {
        return difficulty + 1 + std::min(difficulty, int(symbols.size()));
    }
};

}  // namespace rung
