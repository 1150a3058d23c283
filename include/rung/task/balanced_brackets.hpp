#pragma once
// Whether every bracket has its partner: "(())()=" -> "1" (the language Dyck-1; Chomsky and Schützenberger, "The
// algebraic theory of context-free languages", 1963). Half of the samples are, all such equally often; the others have
// as many brackets of each kind, so that counting them alone does not tell. Difficulty is the pairs.

#include <algorithm>
#include <string>

#include "rung/core/shuffle.hpp"
#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct BalancedBrackets {
    static constexpr std::string_view alphabet = "()01=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1 && difficulty <= 10'000, "BalancedBrackets: pairs; got ", difficulty,
                   ", wanted 1 to 10000");
        return example(rng.chance(0.5) ? balanced_text(rng, difficulty) : other_text(rng, difficulty));
    }
    Example example(std::string_view text) const {
        RUNG_CHECK(!text.empty() && text.find_first_not_of("()") == std::string_view::npos,
                   "BalancedBrackets: text; got '", text, "', wanted brackets");
        return {std::string(text) + "=", balanced(text) ? "1" : "0"};
    }
    /// Among all texts with as many brackets of each kind.
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        const auto text  = before_equals(prompt);
        const auto pairs = std::count(text.begin(), text.end(), '(');
        if (std::count(text.begin(), text.end(), ')') != pairs || std::ssize(text) != 2 * pairs || pairs > 31)
            return {};
        // Those of `open` brackets that open and `closed` that close; a step from one count to the next is exact.
        const auto texts = [](std::uint64_t open, std::uint64_t closed) {
            std::uint64_t all = 1;
            for (std::uint64_t i = 1; i <= open; ++i)
                all = all / i * (closed + i) + all % i * (closed + i) / i;
            return all;
        };
        auto    open = std::uint64_t(pairs), closed = open;
        Ordinal all{0, texts(open, closed), int(pairs)};
        for (const char c : text) {
            if (c == '(') --open;
            else {  // after all that open here
                if (open > 0) all.index += texts(open - 1, closed);
                --closed;
            }
        }
        return all;
    }
    constexpr int longest(int difficulty) const { return 2 * difficulty + 2; }

private:
    static bool balanced(std::string_view text) {
        int open = 0;
        for (const char c : text)
            if ((open += c == '(' ? 1 : -1) < 0) return false;
        return open == 0;
    }
    /// Bracket by bracket, each with the share of the texts that it leaves (Arnold and Sleep, "Uniform random
    /// generation of balanced parenthesis strings", 1980).
    static std::string balanced_text(Rng& rng, int pairs) {
        std::string text;
        for (int left = 2 * pairs, open = 0; left > 0; --left) {
            const auto all    = std::uint32_t(2 * left * (open + 1));
            const bool closes = rng.below(all) < std::uint32_t(open * (left + open + 2));
            text += closes ? ')' : '(';
            open += closes ? -1 : 1;
        }
        return text;
    }
    static std::string other_text(Rng& rng, int pairs) {
        std::string text(std::size_t(2 * pairs), '(');
        std::fill(text.begin() + pairs, text.end(), ')');
        do shuffle(rng, text);
        while (balanced(text));
        return text;
    }
};

}  // namespace rung
