#pragma once
// What a stack holds in the end: "011pzo=" -> "1010". Its bits from the bottom up, then p takes one off (of an empty
// stack, nothing), z lays down a zero and o a one; the answer reads it from the top (Delétang et al., "Neural networks
// and the Chomsky hierarchy", ICLR 2023). Difficulty is the number of bits and steps together.

#include "rung/task/bits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct StackManipulation {
    static constexpr std::string_view alphabet = "01poz=";
    static constexpr int              vocab    = vocab_size(alphabet);

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1, "StackManipulation: length; got ", difficulty, ", wanted at least 1");
        const int   held = rng.between(1, difficulty);
        std::string steps(std::size_t(difficulty - held), 'p');
        for (char& step : steps) step = "pzo"[rng.below(3)];
        return example(bits::random(rng, held, "StackManipulation"), steps);
    }
    Example example(std::string_view stack, std::string_view steps) const {
        bits::check(stack, "StackManipulation");
        RUNG_CHECK(steps.find_first_not_of("pzo") == std::string_view::npos,
                   "StackManipulation: steps; got '", steps, "', wanted p, z and o");
        std::string held(stack);
        for (const char step : steps) {
            if (step != 'p') held += step == 'o' ? '1' : '0';
            else if (!held.empty()) held.pop_back();
        }
        std::reverse(held.begin(), held.end());
        return {std::string(stack).append(steps).append("="), held};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        const auto text  = before_equals(prompt);
        const auto held  = std::min(text.find_first_not_of("01"), text.size());
        const auto stack = ordinal_of_text(text.substr(0, held), "01"),
                   steps = ordinal_of_text(text.substr(held), "pzo");
        if (held == 0 || !stack || !steps || text.size() > 38) return {};  // 3^39 are not counted
        // The texts that begin with so many bits come before those with more.
        Ordinal       all{0, 0, int(text.size())};
        std::uint64_t bits = 1, rest = 1;
        for (std::size_t i = 0; i < text.size(); ++i) rest *= 3;
        for (std::size_t count = 1; count <= text.size(); ++count) {
            bits *= 2, rest /= 3;
            if (count == held) all.index = all.count + stack->index * rest + steps->index;
            all.count += bits * rest;
        }
        return all;
    }
    constexpr int longest(int difficulty) const { return 2 * difficulty + 1; }
};

}  // namespace rung
