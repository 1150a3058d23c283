#pragma once
// Matrix products: one kernel for y = a b, a bT, aT b, each from zero, from a bias row, or added to what is
// there. A tile of y stays in registers while the kernel walks the depth; b is packed into panels as wide as
// the tile. A row of y is summed in the same order whatever the number of rows, so a sequence's numbers do
// not depend on its batch.

#include <algorithm>

#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/simd.hpp"
#include "rung/core/view.hpp"

namespace rung::cpu {

/// A matrix read through two strides, so that a transpose costs nothing to name.
template <class Real>
struct Strided {
    Real const* data;
    Index       rows, cols, row_stride, col_stride;

    Strided(Mat<Real const> m)
        : data(m.data), rows(m.rows), cols(m.cols), row_stride(m.stride), col_stride(1) {}
    Strided(Mat<Real> m) : Strided(Mat<Real const>(m)) {}
    Strided(Real const* data, Index rows, Index cols, Index row_stride, Index col_stride)
        : data(data), rows(rows), cols(cols), row_stride(row_stride), col_stride(col_stride) {}
    Strided transposed() const { return {data, cols, rows, col_stride, row_stride}; }
};

namespace detail {

template <class Real>
struct Tile {
    using S                       = Simd<Real>;
    static constexpr int   height = RUNG_VECTOR_BYTES == 64 ? 12 : 6;  // accumulators fill the register file
    static constexpr Index width  = 2 * S::width;
    static constexpr Index depth  = 256;  // of a panel: depth x width elements stay in the first-level cache

    /// c (R x width) = start + a b, with b a packed panel. start_stride 0 repeats one row (a bias, or zeros).
    template <int R>
    static void compute(Index depth, Real const* a, Index ai, Index ak, Real const* b, Real const* start,
                        Index start_stride, Real* c, Index c_stride) {
        typename S::Vector sum[R][2];
        for (int i = 0; i < R; ++i)
            for (int j = 0; j < 2; ++j) S::load(sum[i][j], start + i * start_stride + j * S::width);
        for (Index k = 0; k < depth; ++k, a += ak, b += width) {
            typename S::Vector b0, b1;
            S::load(b0, b), S::load(b1, b + S::width);
#pragma GCC unroll 12
            for (int i = 0; i < R; ++i) {
                const Real s = a[i * ai];
                sum[i][0] += s * b0;
                sum[i][1] += s * b1;
            }
        }
        for (int i = 0; i < R; ++i)
            for (int j = 0; j < 2; ++j) S::store(c + i * c_stride + j * S::width, sum[i][j]);
    }

    /// The tallest of three tiles that `rows` rows fill: few kernels to compile, little speed lost at an edge.
    static Index fitting(Index rows) { return rows >= height ? height : rows >= height / 2 ? height / 2 : 1; }
    static void  rows(Index fit, Index depth, Real const* a, Index ai, Index ak, Real const* b,
                      Real const* start, Index start_stride, Real* c, Index c_stride) {
         if (fit == height) return compute<height>(depth, a, ai, ak, b, start, start_stride, c, c_stride);
        if (fit == 1) return compute<1>(depth, a, ai, ak, b, start, start_stride, c, c_stride);
        compute<height / 2>(depth, a, ai, ak, b, start, start_stride, c, c_stride);
    }
};

/// Copies b's rows k0 .. k0 + depth - 1 and columns n0 .. n0 + count - 1 into a panel, zero to the right.
template <class Real>
void pack_panel(Real* panel, Strided<Real> b, Index k0, Index depth, Index n0, Index count) {
    constexpr Index width = Tile<Real>::width;
    Real const*     from  = b.data + k0 * b.row_stride + n0 * b.col_stride;
    if (count < width) std::fill_n(panel, depth * width, Real(0));
    if (b.col_stride == 1 && count == width) {
        for (Index k = 0; k < depth; ++k)
            std::memcpy(panel + k * width, from + k * b.row_stride, width * sizeof(Real));
    } else {
        for (Index n = 0; n < count; ++n)
            for (Index k = 0; k < depth; ++k)
                panel[k * width + n] = from[k * b.row_stride + n * b.col_stride];
    }
}

/// y = start + a b. Depth is cut into blocks; each later block starts from what the earlier ones left in y.
template <class Real>
void product(Lane<Real>& lane, Mat<Real> y, Real const* start, Index start_stride, Strided<Real> a,
             Strided<Real> b) {
    using T          = Tile<Real>;
    const auto mark  = lane.arena.mark();
    Real*      panel = lane.arena.template take<Real>(1, T::depth * T::width).data;
    Real*      edge  = lane.arena.template take<Real>(T::height, 2 * T::width).data;
    // A transposed `a` is read down its columns, a cache line per step: copy it once into strips of the
    // tile's height.
    const bool strips = a.col_stride != 1;
    Real*      packed = strips ? lane.arena
                                .template take<Real>((y.rows + T::height - 1) / T::height * T::height,
                                                     std::min(a.cols, T::depth))
                                .data
                               : nullptr;
    for (Index k0 = 0; k0 < std::max<Index>(a.cols, 1); k0 += T::depth) {
        const Index depth = std::min(T::depth, a.cols - k0);
        if (strips)
            for (Index m = 0; m < y.rows; m += T::height)
                for (Index k = 0, h = std::min<Index>(T::height, y.rows - m); k < depth; ++k)
                    for (Index i = 0; i < h; ++i)
                        packed[m * depth + k * T::height + i] =
                            a.data[(m + i) * a.row_stride + (k0 + k) * a.col_stride];
        for (Index n = 0; n < y.cols; n += T::width) {
            const Index count = std::min(T::width, y.cols - n);
            pack_panel(panel, b, k0, depth, n, count);
            for (Index m = 0, h; m < y.rows; m += h) {
                h                  = T::fitting(y.rows - m);
                const Index inside = m % T::height;  // of its strip
                Real const* am =
                    strips ? packed + (m - inside) * depth + inside : a.data + m * a.row_stride + k0;
                const Index ai = strips ? 1 : a.row_stride, ak = strips ? T::height : 1;
                Real*       c  = y.data + m * y.stride + n;
                Real const* s  = k0 > 0 ? c : start + m * start_stride + n;
                const Index ss = k0 > 0 ? y.stride : start_stride;
                if (count == T::width) {
                    T::rows(h, depth, am, ai, ak, panel, s, ss, c, y.stride);
                } else {
                    Real* in = edge + T::height * T::width;
                    for (Index i = 0; i < h; ++i)
                        for (Index j = 0; j < T::width; ++j)
                            in[i * T::width + j] = j < count ? s[i * ss + j] : Real(0);
                    T::rows(h, depth, am, ai, ak, panel, in, T::width, edge, T::width);
                    for (Index i = 0; i < h; ++i) std::copy_n(edge + i * T::width, count, c + i * y.stride);
                }
            }
        }
    }
    lane.arena.release(mark);
}

}  // namespace detail

}  // namespace rung::cpu
