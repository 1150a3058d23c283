#pragma once
// Keys and values of the tokens a sequence already holds, so that decoding never computes them twice.

#include <span>

#include "rung/core/view.hpp"

namespace rung {

/// The cache of one layer in one pass, for B sequences of at most `capacity` tokens. A head's tokens lie one after
/// another, each with its key and its value: what a query reads is one run of memory.
template <class Real>
struct CacheLayer {
    Mat<Real> rows;  ///< (B * heads * capacity, 2 D): [key | value]
    Index     capacity = 0;
    int       heads    = 1;

    /// Tokens of one head of one sequence, (capacity, 2 D).
    Mat<Real> of(Index slot, Index head) const {
        return rows.slice((slot * heads + head) * capacity, capacity);
    }
};

/// Of every block that runs, in their order.
template <class Lane>
using Caches = std::span<CacheLayer<typename Lane::real> const>;

/// Where each sequence of a call lives in the cache, and how many tokens it holds there already.
struct CachePlaces {
    int const* slots = nullptr;  ///< (B)
    int const* past  = nullptr;  ///< (B)
    int        spare = -1;  ///< a slot that is no sequence's, for backends that fill steps up; below 0: none
    int        last  = -1;  ///< place that go_on() may reach; below 0: one step only
};

}  // namespace rung
