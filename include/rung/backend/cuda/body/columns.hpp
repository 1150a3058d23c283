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

/// partial (blocks of rows, columns): item i sums rows i / groups * run .. of 32 columns.
template <class Term>
struct ColumnSums {
    Term   term;
    float* partial;
    Index  rows, run;  ///< all, and of one block
    int    columns;

    RUNG_HD int   groups() const { return (columns + 31) / 32; }
    RUNG_HD Index items() const { return (rows + run - 1) / run * groups(); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        constexpr int lanes = G::size < 32 ? 1 : 32, per = 32 / lanes;
        const Index   part = item / groups(), first = part * run,
                    last     = first + run < rows ? first + run : rows;
        float* const waiting = g.template shared<float>();
        for (int k = 0; k < per; ++k) {
            const int lane = g.rank() % lanes * per + k, c = int(item % groups()) * 32 + lane;
            float     sum = 0;
            if (c < columns)
                for (Index row = first + g.rank() / lanes; row < last; row += G::warps) sum += term(row, c);
            waiting[g.rank() / lanes * 32 + lane] = sum;
        }
        g.sync();
        for (int lane = g.rank(); lane < 32; lane += G::size) {
            const int c   = int(item % groups()) * 32 + lane;
            float     sum = 0;
            for (int w = 0; w < G::warps; ++w) sum += waiting[w * 32 + lane];
            if (c < columns) partial[part * columns + c] = sum;
        }
    }
};

/// sums[column] += partial sums, in order.
struct AddPartials {
    float const* partial;
    float*       sums;
    Index        parts;
    int          columns;

    RUNG_HD void operator()(Index c) const {
        float sum = 0;
        for (Index part = 0; part < parts; ++part) sum += partial[part * columns + c];
        sums[c] += sum;
    }
};

}  // namespace rung::cuda
