#pragma once
// The register tile: R rows of c by W vectors of columns stay in registers while the kernel walks the depth.
// Everything that multiplies matrices comes down to this loop. A value of c is summed in the order of the depth
// whatever the tile, so a row's bits do not depend on its neighbours.

#include "rung/backend/cpu/precision.hpp"

namespace rung::cpu {

template <class P>
struct Tile {
    using Real                   = typename Precision<P>::Real;
    using Element                = typename Precision<P>::Element;
    using S                      = Simd<Real>;
    static constexpr int   tall  = RUNG_VECTOR_BYTES == 64 ? 8 : 6;  // accumulators that fill the registers
    static constexpr Index width = 2 * S::width;                     // of a panel

    /// c (rows x count) = start + a b, one tile below the other.
    /// @tparam W       vectors to a row of b, a panel: 1 or 2
    /// @tparam stride  of a in depth. 1: a's rows lie `a_row` apart. Otherwise the R rows of a tile are neighbours,
    ///                 tiles lie `a_row` apart, and the last one is read whole even if fewer rows are left
    /// @param  start_row  distance of the rows of start; 0 repeats one row (a bias, or zeros)
    /// @param  count      columns that there are; the panel is padded
    template <int R, int W, Index stride>
    [[gnu::noinline]] static void compute(Index rows, Index depth, Element const* a, Index a_row,
                                          Element const* b, Real const* start, Index start_row, Real* c,
                                          Index c_row, Index count) {
        const Index row = stride == 1 ? a_row : 1, step = stride == 1 ? R * a_row : a_row;
        for (; rows > 0; rows -= R, a += step, start += R * start_row, c += R * c_row) {
            typename S::Vector sum[R][W];
            const bool         whole = count == W * S::width && (stride == 1 || rows >= R);
            for (int i = 0; i < R; ++i)
                for (int j = 0; j < W; ++j) {
                    Real const* from = start + i * start_row + j * S::width;
                    if (whole) S::load(sum[i][j], from);
                    else if (stride == 1 || i < rows)
                        S::load_first(sum[i][j], from, within(count - j * S::width));
                    else sum[i][j] = typename S::Vector{};
                }
            if constexpr (stride != 1)  // the next tile's rows of c are as far away as the second-level cache
                for (int i = 0; i < R; ++i) __builtin_prefetch(c + (R + i) * c_row);
            Element const *at = a, *a3 = a + 3 * row, *a6 = a3 + 3 * row,
                          *at_b = b;  // a register and a scale reach 3
#pragma GCC unroll 4
            for (Index k = depth; k > 0;
                 --k, at += stride, a3 += stride, a6 += stride, at_b += W * S::width) {
                Factor<P> factor[W];
#pragma GCC unroll 2
                for (int j = 0; j < W; ++j) factor[j].load(at_b + j * S::width);
#pragma GCC unroll 8
                for (int i = 0; i < R; ++i) {
                    const Element x = i < 3 ? at[i * row] : i < 6 ? a3[(i - 3) * row] : a6[(i - 6) * row];
#pragma GCC unroll 2
                    for (int j = 0; j < W; ++j) factor[j].multiply_add(sum[i][j], x);
                }
            }
            for (int i = 0; i < R; ++i)
                for (int j = 0; j < W; ++j) {
                    Real* to = c + i * c_row + j * S::width;
                    if (whole) S::store(to, sum[i][j]);
                    else if (stride == 1 || i < rows)
                        S::store_first(to, sum[i][j], within(count - j * S::width));
                }
        }
    }

    /// Any number of rows of a that are whole in memory: the tallest tiles, and two lower ones for what is left.
    template <int W = 2>
    static void rows(Index rows, Index depth, Element const* a, Index a_row, Element const* b,
                     Real const* start, Index start_row, Real* c, Index c_row, Index count) {
        Index left = rows % tall;
        if (left > 0 && rows > tall)
            left += tall;  // two of nearly equal height rather than a full and a low one
        compute<tall, W, 1>(rows - left, depth, a, a_row, b, start, start_row, c, c_row, count);
        for (Index m = rows - left, h; m < rows; m += h) {
            h = rows - m > tall ? (rows - m + 1) / 2 : rows - m;
            exactly<W, tall>(h, depth, a + m * a_row, a_row, b, start + m * start_row, start_row,
                             c + m * c_row, c_row, count);
        }
    }

private:
    static Index within(Index count) { return count < 0 ? 0 : count > S::width ? Index{S::width} : count; }

    template <int W, int R>
    static void exactly(Index rows, Index depth, Element const* a, Index a_row, Element const* b,
                        Real const* start, Index start_row, Real* c, Index c_row, Index count) {
        if (R == 1 || rows == R)
            return compute<R, W, 1>(rows, depth, a, a_row, b, start, start_row, c, c_row, count);
        if constexpr (R > 1) exactly<W, R - 1>(rows, depth, a, a_row, b, start, start_row, c, c_row, count);
    }
};

}  // namespace rung::cpu
