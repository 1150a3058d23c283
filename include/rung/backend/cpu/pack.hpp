#pragma once
// Operands in the order in which tiles read them. Panels: columns in groups of a tile's width, each group a run of
// its rows. Strips: rows in groups of a tile's height, each group a run of its columns.

#include <algorithm>

#include "rung/backend/cpu/tile.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// A matrix read through two strides, so that a transpose costs nothing to name.
template <class Real>
struct Strided {
    Real const* data;
    Index       rows, cols, row, col;  ///< distances of neighbouring rows and columns

    Strided(Mat<Real const> m) : data(m.data), rows(m.rows), cols(m.cols), row(m.stride), col(1) {}
    Strided(Real const* data_, Index rows_, Index cols_, Index row_, Index col_)
        : data(data_), rows(rows_), cols(cols_), row(row_), col(col_) {}
    Strided transposed() const { return {data, cols, rows, col, row}; }
};

/// Elements of a packing of b: depth in groups, columns padded to panels.
template <class P>
constexpr Index depth_of(Index rows) {
    return (rows + Precision<P>::group - 1) / Precision<P>::group;
}
template <class P, int W = 2>
constexpr Index panels_of(Index rows, Index cols) {
    constexpr Index width = W * TileSimd<typename Precision<P>::Real>::width;
    return depth_of<P>(rows) * ((cols + width - 1) / width * width);
}

namespace detail {

/// The element of each of `count` columns at one depth, zeros after them; `left` rows are there.
template <class P, class Real>
void load_rows(typename Precision<P>::Elements& to, Real const* from, Index row, Index left, Index count) {
    using S = TileSimd<Real>;
    typename S::Vector x, next = {};
    if (count == S::width) S::load(x, from);
    else S::load_first(x, from, count);
    if (Precision<P>::group > 1 && left > 1) {
        if (count == S::width) S::load(next, from + row);
        else S::load_first(next, from + row, count);
    }
    Precision<P>::join(to, x, next);
}

/// to[j * to_row + i] = from[i * from_row + j] for 8 x 8 floats.
inline void transpose_8x8(float* to, Index to_row, float const* from, Index from_row) {
    typedef float V __attribute__((vector_size(32)));
    V             r[8], s[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) std::memcpy(&r[i], from + i * from_row, sizeof(V));
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        s[i]     = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 8; i += 4) {
        r[i]     = __builtin_shufflevector(s[i], s[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        r[i + 1] = __builtin_shufflevector(s[i], s[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        r[i + 2] = __builtin_shufflevector(s[i + 1], s[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        r[i + 3] = __builtin_shufflevector(s[i + 1], s[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        s[i]     = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) std::memcpy(to + i * to_row, &s[i], sizeof(V));
}

}  // namespace detail

/// One panel: all rows of b, columns first .. first + count - 1, zero to the right of them.
template <class P, int W = 2>
[[gnu::noinline]] void pack_panel(typename Precision<P>::Element*      panel,
                                  Strided<typename Precision<P>::Real> b, Index first, Index count) {
    using Real            = typename Precision<P>::Real;
    using S               = TileSimd<Real>;
    constexpr Index width = W * S::width, group = Precision<P>::group;
    const Index     depth = depth_of<P>(b.rows);
    Real const*     from  = b.data + first * b.col;
    Index           k     = 0;
    if (b.col == 1) {
        for (; k < depth; ++k)
            for (Index j = 0; j < width; j += S::width) {
                const Index                     left = std::clamp<Index>(count - j, 0, S::width);
                typename Precision<P>::Elements both;
                detail::load_rows<P>(both, from + k * group * b.row + j, b.row, b.rows - k * group, left);
                std::memcpy(panel + k * width + j, &both, sizeof both);
            }
        return;
    }
    if (count < width) std::fill_n(panel, depth * width, typename Precision<P>::Element(0));
    if constexpr (std::is_same_v<P, float>) {
        if (b.row == 1)
            for (; k + 8 <= b.rows; k += 8) {
                Index j = 0;
                for (; j + 8 <= count; j += 8)
                    detail::transpose_8x8(panel + k * width + j, width, from + k + j * b.col, b.col);
                for (; j < count; ++j)
                    for (Index i = 0; i < 8; ++i) panel[(k + i) * width + j] = from[k + i + j * b.col];
            }
    }
    for (; k < depth; ++k)
        for (Index j = 0; j < count; ++j)
            panel[k * width + j] =
                Precision<P>::join(from + k * group * b.row + j * b.col, b.row, b.rows - k * group);
}

/// All panels of b.
template <class P, int W = 2>
void pack_panels(typename Precision<P>::Element* to, Strided<typename Precision<P>::Real> b) {
    constexpr Index width = W * TileSimd<typename Precision<P>::Real>::width;
    for (Index n = 0; n < b.cols; n += width, to += depth_of<P>(b.rows) * width)
        pack_panel<P, W>(to, b, n, std::min(width, b.cols - n));
}

/// Elements from one strip to the next: whole vectors are stored, so each strip needs room for a surplus.
template <int height>
constexpr Index strip_pitch(Index depth) {
    return depth * height + 16;
}

/// Strips of xT, `height` columns of x each: strip s, depth k, place i is x(k, s * height + i), zero past the columns.
template <class P, int height>
[[gnu::noinline]] void pack_strips(typename Precision<P>::Element*        to,
                                   Mat<typename Precision<P>::Real const> x) {
    using Real            = typename Precision<P>::Real;
    using S               = TileSimd<Real>;
    constexpr Index group = Precision<P>::group, some = 8;  // depths at a time: whole lines of x are used up
    const Index     depth = depth_of<P>(x.rows);
    for (Index k0 = 0; k0 < depth; k0 += some) {
        const Index end   = std::min(k0 + some, depth);
        auto*       strip = to;
        for (Index first = 0; first < x.cols; first += height, strip += strip_pitch<height>(depth))
            for (Index k = k0; k < end; ++k)
                for (Index i = 0; i < height; i += S::width) {
                    const Index count = std::clamp<Index>(x.cols - first - i, 0, S::width);
                    typename Precision<P>::Elements both;
                    detail::load_rows<P>(both, x.row(k * group) + first + i, x.stride, x.rows - k * group,
                                         count);
                    std::memcpy(strip + k * height + i, &both, sizeof both);
                }
    }
}

/// Rows of x, every `group` neighbours of a row joined: (rows, depth_of(cols)).
template <class P>
void pack_rows(typename Precision<P>::Element* to, Mat<typename Precision<P>::Real const> x) {
    constexpr Index group = Precision<P>::group;
    const Index     depth = depth_of<P>(x.cols);
    for (Index i = 0; i < x.rows; ++i, to += depth) {
        Index k = 0;
        if constexpr (group == 2) {
            // A float's pair stands in one 64-bit number: the first in its lower half.
            typedef std::uint64_t Wide __attribute__((vector_size(RUNG_TILE_BYTES)));
            using S = TileSimd<float>;
            for (; (k + S::width / 2) * 2 <= x.cols; k += S::width / 2) {
                S::Vector                       v;
                typename Precision<P>::Elements rounded;
                S::load(v, x.row(i) + 2 * k);
                Precision<P>::round(rounded, v);
                const Wide pairs = (((Wide)rounded >> 16) & 0xffffu) | (((Wide)rounded >> 32) & 0xffff0000u);
                for (int j = 0; j < S::width / 2; ++j) to[k + j] = std::uint32_t(pairs[j]);
            }
        }
        for (; k < depth; ++k) to[k] = Precision<P>::join(x.row(i) + k * group, 1, x.cols - k * group);
    }
}

}  // namespace rung::cpu::inline RUNG_ISA
