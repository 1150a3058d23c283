#pragma once
// Random orders, and random choices in random order (Fisher and Yates, 1938).

#include <cstddef>
#include <utility>

#include "rung/core/rng.hpp"

namespace rung {

/// Every order of elements first .. end equally often; those before stay.
template <class List>
void shuffle(Rng& rng, List& all, std::size_t first = 0) {
    for (std::size_t i = all.size(); i > first + 1; --i)
        std::swap(all[i - 1], all[first + rng.below(std::uint32_t(i - first))]);
}

/// The first `count` elements become a choice of all, in random order. What is chosen of a smaller count begins what is
/// chosen of a larger one.
template <class List>
void choose(Rng& rng, List& all, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        std::swap(all[i], all[i + rng.below(std::uint32_t(all.size() - i))]);
}

}  // namespace rung
