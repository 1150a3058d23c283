#pragma once
// A matrix that many products read: itself, and beside it, where a backend has made them, its two packings.

#include "rung/core/view.hpp"

namespace rung {

/// w (K, M). A plain matrix converts to it; a product then packs what it needs by itself.
template <class Real>
struct Packed : Mat<Real const> {
    void const* panels            = nullptr;  ///< w as y = x w reads it
    void const* transposed_panels = nullptr;  ///< w as dx = dy wT reads it

    constexpr Packed() = default;
    constexpr Packed(Mat<Real const> w) : Mat<Real const>(w) {}
    constexpr Packed(Mat<Real> w) : Mat<Real const>(w) {}
};

/// Packed<Real> that takes no part in deducing Real.
template <class Real>
using CPacked = Packed<std::type_identity_t<Real>>;

/// Panels are as wide as a register tile and padded to it: room for any backend's.
inline constexpr Index panel_width_limit = 32;

/// Numbers that one packing of a (K, M) matrix takes at most.
constexpr Index panels_size(Index rows, Index cols) {
    return (rows + rows % 2) * ((cols + panel_width_limit - 1) / panel_width_limit * panel_width_limit);
}

/// Where a matrix stands: its numbers in an array of weights, its two packings in an array beside it.
struct PackedPlace {
    Index           rows, cols, flat, panels;
    constexpr Index transposed_panels() const { return panels + panels_size(rows, cols); }
};

}  // namespace rung
