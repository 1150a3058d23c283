#pragma once
// Attention to the nearest tokens alone (sliding-window attention, Beltagy et al., "Longformer", 2020). What is farther
// comes closer by a block at a time.

#include <cstdlib>

#include "rung/model/position/position.hpp"

namespace rung {

/// @tparam Reach  keys that a query sees: itself and Reach - 1 before it, and as many after it where attention is not
///                causal
template <int Reach>
struct Window {
    static_assert(Reach >= 1, "Window: a query sees itself at least (2: itself and its neighbour)");
    static constexpr Site site = Site::score;

    /// Far keys lose so much that their share rounds to zero, in single precision and in bf16.
    static double bias(int, int, int distance) { return std::abs(distance) < Reach ? 0 : -1e9; }
};

}  // namespace rung
