#pragma once
// Keys and values of the tokens a sequence already holds, so that decoding never computes them twice.

#include "rung/core/view.hpp"

namespace rung {

/// The cache of one layer in one pass for B sequences of at most `capacity` tokens. Keys are kept transposed:
/// the scores of one query against all tokens then read memory in order.
template <class Real>
struct CacheLayer {
    Mat<Real> keys;    ///< (B * C, capacity)
    Mat<Real> values;  ///< (B * capacity, C)
    Index     capacity = 0;

    Mat<Real> keys_of(Index slot) const { return keys.slice(slot * values.cols, values.cols); }
    Mat<Real> values_of(Index slot) const { return values.slice(slot * capacity, capacity); }
};

/// Where each sequence of a call lives in the cache, and how many tokens it holds there already.
struct CachePlaces {
    int const* slots = nullptr;  ///< (B)
    int const* past  = nullptr;  ///< (B)
};

}  // namespace rung
