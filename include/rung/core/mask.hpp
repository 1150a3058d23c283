#pragma once
// Which keys a query may see, and how tables of biases of their scores are laid out: the words of look.hpp that the
// host and a device share.

#include "rung/core/scalar.hpp"
#include "rung/core/view.hpp"

namespace rung {

/// Which keys of its own sequence a query may see.
enum class Mask {
    causal,  ///< its own and those before it
    none,    ///< all of them
};

/// What an entry of a table of biases stands for.
enum class BiasBy {
    distance,  ///< how far the key is from the query
    pair,      ///< the place of the query and the place of the key
};

/// Where a query's entries begin: the key at place q has entry_base(...) + q. Places count from 0 in each sequence,
/// tokens in a cache included.
/// @param reach  most tokens of a sequence
/// @param place  the query's
RUNG_HD constexpr Index entry_base(BiasBy by, Index reach, Index place) {
    return by == BiasBy::pair ? place * reach : reach - 1 - place;
}

/// Entries of a table: by distance one for each that the mask leaves, by pair one for every two places.
constexpr Index entries_of(BiasBy by, Mask mask, Index reach) {
    if (by == BiasBy::pair) return reach * reach;
    return mask == Mask::causal ? reach : 2 * reach - 1;
}

}  // namespace rung
