#pragma once
// Sums down the columns of a batch, without atomics: blocks sum runs of rows, then a lane per column adds those partial
// sums up. The same bits every time.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

/// What is summed: term(row, column).
template <class T>
struct BiasTerm {
    T const*      dy;
    int           columns;
    RUNG_HD float operator()(Index row, int c) const { return widen(dy[row * columns + c]); }
};
/// Of dy xhat, the gradient of a norm's gain. @tparam statistics  of a row: 1 without a mean
template <class T, int statistics>
struct GainTerm {
    T const *     dy, *x;
    float const*  stats;
    int           columns;
    RUNG_HD float operator()(Index row, int c) const {
        const Index  at   = row * columns + c;
        const float* of   = stats + row * statistics;
        const float  mean = statistics == 2 ? of[0] : 0;
        return widen(dy[at]) * (widen(x[at]) - mean) * of[statistics - 1];
    }
};

/// The same of a norm of heads, whose gain they share: a row is a head of one.
template <class T>
struct HeadGainTerm {
    T const *     dy, *normed;
    int           heads, size, stride, normed_stride;
    RUNG_HD float operator()(Index row, int c) const {
        const Index of = row / heads, at = row % heads * size + c;
        return widen(dy[of * stride + at]) * widen(normed[of * normed_stride + at]);
    }
};

/// to (blocks of rows, columns) = sums: item i sums rows i / groups * run .. of 32 columns. With few runs of many rows
/// first, and then one run of those sums that adds to the result, the GPU is busy in both.
template <class Term>
struct ColumnSums {
    static constexpr int warps = 8;

    Term   term;
    float* to;
    Index  rows, run;  ///< all, and of one block
    int    columns;
    bool   adds;  ///< to += sums

    RUNG_HD int        groups() const { return (columns + 31) / 32; }
    RUNG_HD Index      items() const { return (rows + run - 1) / run * groups(); }
    RUNG_HD static int shared() { return warps * 32 * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto  warp = g.warp();
        const Index part = item / groups(), first = part * run,
                    last = first + run < rows ? first + run : rows;
        const int    w = g.rank() / 32, left = int(item % groups()) * 32;
        float* const waiting = g.template shared<float>();
        for (int lane = warp.rank(); lane < 32; lane += warp.size) {
            float sum = 0;
            if (left + lane < columns)
                for (Index row = first + w; row < last; row += G::warps) sum += term(row, left + lane);
            waiting[w * 32 + lane] = sum;
        }
        g.sync();
        for (int lane = g.rank(); lane < 32 && left + lane < columns; lane += G::size) {
            float sum = 0;
            for (int share = 0; share < G::warps; ++share) sum += waiting[share * 32 + lane];
            float& at = to[part * columns + left + lane];
            at        = adds ? at + sum : sum;
        }
    }
};

}  // namespace rung::cuda
