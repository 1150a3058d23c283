#pragma once
// Where one is after steps on a cycle, forward, back or none, from 0: "+-.++=" -> "2" (Delétang et al., "Neural
// networks and the Chomsky hierarchy", ICLR 2023, whose cycle has five places). Difficulty is the number of steps.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct CycleNavigation {
    static constexpr std::string_view alphabet = "+-.0123456789=";
    static constexpr int              vocab    = vocab_size(alphabet);

    int places = 5;  ///< of the cycle, 2 to 10

    Example sample(Rng& rng, int difficulty) const {
        RUNG_CHECK(difficulty >= 1, "CycleNavigation: steps; got ", difficulty, ", wanted at least 1");
        std::string steps(std::size_t(difficulty), '.');
        for (char& step : steps) step = "+-."[rng.below(3)];
        return example(steps);
    }
    Example example(std::string_view steps) const {
        RUNG_CHECK(places >= 2 && places <= 10, "CycleNavigation: places; got ", places, ", wanted 2 to 10");
        RUNG_CHECK(!steps.empty() && steps.find_first_not_of("+-.") == std::string_view::npos,
                   "CycleNavigation: steps; got '", steps, "', wanted +, - and .");
        int at = 0;
        for (const char step : steps) at = (at + (step == '+' ? 1 : step == '-' ? places - 1 : 0)) % places;
        return {std::string(steps) + "=", std::string(1, char('0' + at))};
    }
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        return ordinal_of_text(before_equals(prompt), "+-.");
    }
    constexpr int longest(int difficulty) const { return difficulty + 2; }
};

}  // namespace rung
