#pragma once
// A curriculum answers two questions: how hard is the next example, and what did the last test show?

#include <concepts>

#include "rung/core/rng.hpp"
#include "rung/eval/score.hpp"

namespace rung {

template <class C>
concept DrawsDifficulty = requires(C const curriculum, Rng& rng) {
    { curriculum.difficulty(rng) } -> std::convertible_to<int>;
};
template <class C>
concept ObservesScores = requires(C curriculum, Report const& report) {
    curriculum.observe(report);
};
template <class C>
concept KnowsHardest = requires(C const curriculum) {
    { curriculum.hardest() } -> std::convertible_to<int>;
};

/// Names what a curriculum lacks.
template <class C>
struct explain_curriculum {
    static_assert(DrawsDifficulty<C>,
                  "Curriculum: add `int difficulty(rung::Rng&) const`, how hard the next example is "
                  "(is yours missing the final const?)");
    static_assert(ObservesScores<C>,
                  "Curriculum: add `void observe(rung::Report const&)`, what the last test showed");
    static_assert(KnowsHardest<C>,
                  "Curriculum: add `int hardest() const`, the largest difficulty it may ever draw");
    static constexpr bool ok = true;
};

}  // namespace rung
