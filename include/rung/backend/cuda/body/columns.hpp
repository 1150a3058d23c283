#pragma once
// Sums down the columns of a batch: blocks sum runs of rows, and of those of some columns the last one to be done adds
// their sums up. Their order is fixed: the same bits every time.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

/// What is summed, one number or several: term(row, column), or of a term that writes as it goes take(row, column,
/// read(row, column)), where several rows are read before the first is written.
template <int n>
using Terms = Pack<float, n>;

template <class T>
struct BiasTerm {
    static constexpr int sums = 1;
    T const*             dy;
    int                  columns;
    RUNG_HD Terms<1> operator()(Index row, int c) const { return {{widen(dy[row * columns + c])}}; }
};
/// The same of dx = dy A'(x), which is stored. dx may be either.
template <Activation A, class T>
struct SlopeTerm {
    static constexpr int sums = 1;
    T*                   dx;
    T const *            dy, *x;
    int                  columns;
    RUNG_HD Pack<T, 2> read(Index row, int c) const {
        return {{dy[row * columns + c], x[row * columns + c]}};
    }
    RUNG_HD Terms<1> take(Index row, int c, Pack<T, 2> const& of) const {
        const T d             = narrow<T>(widen(of.v[0]) * body::activated<A>(widen(of.v[1])).slope);
        dx[row * columns + c] = d;
        return {{widen(d)}};
    }
};
/// Of dy xhat, the gradient of a norm's gain; where it has a mean also of dy, that of its bias.
/// @tparam statistics  of a row: 1 without a mean
template <class T, int statistics>
struct GainTerm {
    static constexpr int sums = statistics;
    T const *            dy, *x;
    float const*         stats;
    int                  columns;
    RUNG_HD Terms<statistics> operator()(Index row, int c) const {
        const Index  at = row * columns + c;
        const float* of = stats + row * statistics;
        const float  d  = widen(dy[at]);
        if constexpr (statistics == 1) return {{d * widen(x[at]) * of[0]}};
        else return {{d * (widen(x[at]) - of[0]) * of[1], d}};
    }
};

/// The same of a norm of heads, whose gain they share: a row is a head of one.
template <class T>
struct HeadGainTerm {
    static constexpr int sums = 1;
    T const *            dy, *normed;
    int                  heads, size, stride, normed_stride;
    RUNG_HD Terms<1> operator()(Index row, int c) const {
        const Index of = row / heads, at = row % heads * size + c;
        return {{widen(dy[of * stride + at]) * widen(normed[of * normed_stride + at])}};
    }
};

/// Item i sums rows i / groups() * run .. of 32 columns.
template <class Term>
struct ColumnSums {
    static constexpr int warps = 8, sums = Term::sums;

    Term   term;
    float* to[sums];  ///< (columns) each, added to; null: nobody asks for it
    float* partial;   ///< (runs, sums, columns), for a while
    int*   arrived;   ///< (groups) zeros, before and after
    Index  rows, run;
    int    columns;

    RUNG_HD int        groups() const { return (columns + 31) / 32; }
    RUNG_HD Index      runs() const { return (rows + run - 1) / run; }
    RUNG_HD Index      items() const { return runs() * groups(); }
    RUNG_HD static int shared() { return sums * warps * 32 * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index part = item / groups(), first = part * run, end = first + run < rows ? first + run : rows;
        const int   left = int(item % groups()) * 32;
        if constexpr (writes)
            add_up(
                g, left, first, end, [this](Index row, int c) { return term.read(row, c); },
                [this](Index row, int c, auto const& of) { return term.take(row, c, of); });
        else
            add_up(
                g, left, first, end, [this](Index row, int c) { return term(row, c); }, AsItIs{});
        each_sum(g, left, [&](int s, int c, float sum) { *at(part, s, c) = sum; });
        if (!g.last(arrived + item % groups(), int(runs()))) return;
        add_up(
            g, left, 0, runs(),
            [this](Index one, int c) {
                Terms<sums> all;
                for (int s = 0; s < sums; ++s) all.v[s] = *at(one, s, c);
                return all;
            },
            AsItIs{});
        each_sum(g, left, [&](int s, int c, float sum) {
            if (to[s]) to[s][c] += sum;
        });
    }

private:
    /// Rows that are read at once: with more, registers leave room for fewer warps (64 of them, nvcc 13).
    static constexpr bool writes = requires(Term const& of) { of.read(Index{}, 0); };
    static constexpr int  deep   = writes ? 8 : 4;

    struct AsItIs {
        RUNG_HD Terms<sums> operator()(Index, int, Terms<sums> const& all) const { return all; }
    };

    RUNG_HD float* at(Index part, int s, int c) const { return partial + (part * sums + s) * columns + c; }

    /// A sum of each warp and column, of every G::warps-th from first + its number on, in shared memory.
    RUNG_ANY_GROUP template <class G, class Read, class Take>
    RUNG_HD void add_up(G g, int left, Index first, Index end, Read read, Take take) const {
        float* const waiting = g.template shared<float>();
        const auto   warp    = g.warp();
        const int    w       = g.rank() / 32;
        for (int lane = warp.rank(); lane < 32; lane += warp.size) {
            const int   c = left + lane;
            Terms<sums> all{};
            for (Index i = first + w; i < end && c < columns; i += deep * G::warps) {
                decltype(read(i, c)) some[deep];
                RUNG_UNROLL for (int k = 0; k < deep; ++k) if (i + k * G::warps < end) some[k] =
                    read(i + k * G::warps, c);
                RUNG_UNROLL for (int k = 0; k < deep; ++k) if (i + k * G::warps < end) {
                    const Terms<sums> one = take(i + k * G::warps, c, some[k]);
                    for (int s = 0; s < sums; ++s) all.v[s] += one.v[s];
                }
            }
            for (int s = 0; s < sums; ++s) waiting[(s * G::warps + w) * 32 + lane] = all.v[s];
        }
        g.sync();
    }
    /// see(sum, column, of all warps)
    RUNG_ANY_GROUP template <class G, class See>
    RUNG_HD void each_sum(G g, int left, See see) const {
        float const* const waiting = g.template shared<float>();
        for (int i = g.rank(); i < sums * 32; i += G::size) {
            const int s = i / 32, lane = i % 32;
            float     sum = 0;
            for (int w = 0; w < G::warps; ++w) sum += waiting[(s * G::warps + w) * 32 + lane];
            if (left + lane < columns) see(s, left + lane, sum);
        }
    }
};

}  // namespace rung::cuda
