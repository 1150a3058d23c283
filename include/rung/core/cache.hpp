#pragma once
// Keys and values of the tokens a sequence already holds, so that decoding never computes them twice.

#include "rung/core/view.hpp"

namespace rung {

/// The cache of one layer in one pass, for B sequences of at most `capacity` tokens: a row [key | value] per token,
/// which is how a token's projection leaves them.
template <class Real>
struct CacheLayer {
    Mat<Real> rows;  ///< (B * capacity, 2 C)
    Index     capacity = 0;

    Mat<Real> of(Index slot) const { return rows.slice(slot * capacity, capacity); }
};

/// Where each sequence of a call lives in the cache, and how many tokens it holds there already.
struct CachePlaces {
    int const* slots = nullptr;  ///< (B)
    int const* past  = nullptr;  ///< (B)
};

}  // namespace rung
