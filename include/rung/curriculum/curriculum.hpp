#pragma once
// A curriculum answers two questions: how hard is the next example, and what did the last test show?

#include <concepts>
#include <string>
#include <string_view>

#include "rung/core/rng.hpp"
#include "rung/eval/score.hpp"

namespace rung {

template <class C>
concept DrawsDifficulty = requires(C const curriculum, Rng& rng) {
    { curriculum.difficulty(rng) } -> std::convertible_to<Difficulty>;
};
/// Of one that changes with the steps of training: those of the call to train(), from 0. In self-improvement, which
/// comes after, all steps of the trainer count.
template <class C>
concept DrawsDifficultyByStep = requires(C const curriculum, Rng& rng, int step) {
    { curriculum.difficulty(rng, step) } -> std::convertible_to<Difficulty>;
};
template <class C>
concept ObservesScores = requires(C curriculum, Report const& report) {
    curriculum.observe(report);
};
template <class C>
concept KnowsHardest = requires(C const curriculum) {
    { curriculum.hardest() } -> std::convertible_to<Difficulty>;
};
/// Of one that may not have come to its hardest yet: what it has come to. A climb begins past it.
template <class C>
concept KnowsReached = requires(C const curriculum) {
    { curriculum.reached() } -> std::convertible_to<Difficulty>;
};

/// Of one that changes with what it observes: what it has come to, as a text without line breaks, and back again.
template <class C>
concept TellsState = requires(C const curriculum) {
    { curriculum.state() } -> std::convertible_to<std::string>;
};
template <class C>
concept KeepsState = TellsState<C> && requires(C curriculum, std::string_view state) {
    curriculum.restore(state);
};

/// Names what a curriculum lacks.
template <class C>
struct explain_curriculum {
    static_assert(DrawsDifficulty<C> || DrawsDifficultyByStep<C>,
                  "Curriculum: add `int difficulty(rung::Rng&) const`, how hard the next example is, or "
                  "`int difficulty(rung::Rng&, int step) const` (a rung::Difficulty for two axes; is yours "
                  "missing the final const?)");
    static_assert(ObservesScores<C>,
                  "Curriculum: add `void observe(rung::Report const&)`, what the last test showed");
    static_assert(KnowsHardest<C>,
                  "Curriculum: add `int hardest() const`, the largest difficulty it may ever draw (of two "
                  "axes the largest of each, a rung::Difficulty)");
    static_assert(!TellsState<C> || KeepsState<C>,
                  "Curriculum: add `void restore(std::string_view)`, which takes back what `state` told");
    static constexpr bool ok = true;
};

/// What a curriculum draws in a step of training, not harder than it promises.
template <class Curriculum>
Difficulty draw_difficulty(Curriculum const& curriculum, Rng& rng, int step) {
    Difficulty difficulty;
    if constexpr (DrawsDifficultyByStep<Curriculum>) difficulty = curriculum.difficulty(rng, step);
    else difficulty = curriculum.difficulty(rng);
    detail::check_at_least_one("Curriculum", difficulty);
    const Difficulty hardest = curriculum.hardest();
    RUNG_CHECK(difficulty.within(hardest), "Curriculum: difficulty; got ", difficulty.text(),
               ", wanted at most ", hardest.text(), ", what its `hardest` promises");
    return difficulty;
}

}  // namespace rung
