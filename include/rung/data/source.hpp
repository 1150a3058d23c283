#pragma once
// Where the examples of training come from: a task at the difficulties of a curriculum, a set that is fixed, a text cut
// into windows, or a mixture of such. A source of your own is a struct with three members.

#include <concepts>

#include "rung/core/rng.hpp"
#include "rung/data/pack.hpp"

namespace rung {

template <class S>
concept NamesItsTokens = requires {
    { S::vocab } -> std::convertible_to<int>;
};
template <class S>
concept DrawsItems = requires(S const source, Rng& rng, int step, Answering answering) {
    { source.draw(rng, step, answering) } -> std::same_as<Item>;
};
template <class S>
concept KnowsItsLongest = requires(S const source) {
    { source.longest() } -> std::convertible_to<int>;
};

template <class S>
concept Source = NamesItsTokens<S> && DrawsItems<S> && KnowsItsLongest<S>;

/// Names what a source lacks.
template <class S>
struct explain_source {
    static_assert(
        NamesItsTokens<S>,
        "Source: add `static constexpr int vocab`, the tokens that its items are written in, such as "
        "rung::vocab_size<Task>()");
    static_assert(DrawsItems<S>,
                  "Source: add `rung::Item draw(rung::Rng&, int step, rung::Answering) const`, the next "
                  "example (is yours missing the final const?)");
    static_assert(KnowsItsLongest<S>,
                  "Source: add `int longest() const`, the most tokens of an item that are read");
    static constexpr bool ok = true;
};

}  // namespace rung
