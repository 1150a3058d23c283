#pragma once
// Sums down the columns of a batch: blocks sum runs of rows, and of those of some columns the last one to be done adds
// their sums up. Their order is fixed: the same bits every time.
//
// A term says what is summed, one number or several:
//     from(row)                       the same term, its rows counted from this one on: those of a run, in 32 bits
//     at_once()                       whether four columns of a row can be read and written at once
//     read<n>(row, c)                 what is read for column c and its neighbours, n in all
//     take<n>(row, c, what was read)  the numbers of each; a term that writes as it goes writes here
// Several rows are read before the first of them is taken.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

/// Numbers of neighbouring columns.
template <int numbers, int n>
struct Terms {
    float v[numbers][n];
};
/// What several matrices have there.
template <class T, int matrices, int n>
struct Reads {
    Pack<T, n> of[matrices];
};
template <int n, class T>
RUNG_HD Pack<T, n> neighbours(T const* at) {
    return *reinterpret_cast<Pack<T, n> const*>(at);
}

template <class T>
struct BiasTerm {
    static constexpr int sums = 1;
    T const*             dy;
    int                  columns;

    RUNG_HD BiasTerm from(Index row) const { return {dy + row * columns, columns}; }
    RUNG_HD bool     at_once() const { return Four::at_once(dy, columns); }
    template <int n>
    RUNG_HD Pack<T, n> read(int row, int c) const {
        return neighbours<n>(dy + row * columns + c);
    }
    template <int n>
    RUNG_HD Terms<1, n> take(int, int, Pack<T, n> const& d) const {
        Terms<1, n> all;
        RUNG_UNROLL for (int j = 0; j < n; ++j) all.v[0][j] = widen(d.v[j]);
        return all;
    }
};

/// The same of dx = dy A'(x), which is stored. dx may be either.
template <Activation A, class T>
struct SlopeTerm {
    static constexpr int sums = 1;
    T*                   dx;
    T const *            dy, *x;
    int                  columns;

    RUNG_HD SlopeTerm from(Index row) const {
        return {dx + row * columns, dy + row * columns, x + row * columns, columns};
    }
    RUNG_HD bool at_once() const {
        return Four::at_once(dx, columns) && Four::at_once(dy, columns) && Four::at_once(x, columns);
    }
    template <int n>
    RUNG_HD Reads<T, 2, n> read(int row, int c) const {
        return {{neighbours<n>(dy + row * columns + c), neighbours<n>(x + row * columns + c)}};
    }
    template <int n>
    RUNG_HD Terms<1, n> take(int row, int c, Reads<T, 2, n> const& all) const {
        Pack<T, n>  d;
        Terms<1, n> of;
        RUNG_UNROLL for (int j = 0; j < n; ++j) {
            d.v[j]     = narrow<T>(widen(all.of[0].v[j]) * body::activated<A>(widen(all.of[1].v[j])).slope);
            of.v[0][j] = widen(d.v[j]);
        }
        *reinterpret_cast<Pack<T, n>*>(dx + row * columns + c) = d;
        return of;
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

    template <int n>
    struct Read {
        Pack<T, n> dy, x;
        float      stats[statistics];
    };
    RUNG_HD GainTerm from(Index row) const {
        return {dy + row * columns, x + row * columns, stats + row * statistics, columns};
    }
    RUNG_HD bool at_once() const { return Four::at_once(dy, columns) && Four::at_once(x, columns); }
    template <int n>
    RUNG_HD Read<n> read(int row, int c) const {
        Read<n> all{neighbours<n>(dy + row * columns + c), neighbours<n>(x + row * columns + c), {}};
        RUNG_UNROLL for (int s = 0; s < statistics; ++s) all.stats[s] = stats[row * statistics + s];
        return all;
    }
    template <int n>
    RUNG_HD Terms<sums, n> take(int, int, Read<n> const& all) const {
        Terms<sums, n> of;
        RUNG_UNROLL for (int j = 0; j < n; ++j) {
            const float d = widen(all.dy.v[j]), input = widen(all.x.v[j]);
            if constexpr (statistics == 1) of.v[0][j] = d * input * all.stats[0];
            else of.v[0][j] = d * (input - all.stats[0]) * all.stats[1], of.v[1][j] = d;
        }
        return of;
    }
};

/// The same of a norm of heads, whose gain they share: a row is a head of one.
template <class T>
struct HeadGainTerm {
    static constexpr int sums = 1;
    T const *            dy, *normed;
    int                  heads, size, stride, normed_stride, before = 0;  ///< heads of the first row

    RUNG_HD HeadGainTerm from(Index row) const {
        HeadGainTerm all = *this;
        all.dy += row / heads * stride, all.normed += row / heads * normed_stride;
        all.before = int(row % heads);
        return all;
    }
    RUNG_HD bool at_once() const {
        return size % Four::size == 0 && Four::at_once(dy, stride) && Four::at_once(normed, normed_stride);
    }
    template <int n>
    RUNG_HD Reads<T, 2, n> read(int row, int c) const {
        const int of = (before + row) / heads, at = (before + row) % heads * size + c;
        return {{neighbours<n>(dy + of * stride + at), neighbours<n>(normed + of * normed_stride + at)}};
    }
    template <int n>
    RUNG_HD Terms<1, n> take(int, int, Reads<T, 2, n> const& all) const {
        Terms<1, n> of;
        RUNG_UNROLL for (int j = 0; j < n; ++j) of.v[0][j] = widen(all.of[0].v[j]) * widen(all.of[1].v[j]);
        return of;
    }
};

/// The sums of runs themselves.
template <int numbers>
struct RunTerm {
    static constexpr int sums = numbers;
    float const*         partial;  ///< (runs, sums, columns)
    int                  columns;

    RUNG_HD bool at_once() const { return Four::at_once(partial, columns); }
    template <int n>
    RUNG_HD Reads<float, sums, n> read(int run, int c) const {
        Reads<float, sums, n> all;
        RUNG_UNROLL for (int s = 0; s < sums; ++s) all.of[s] =
            neighbours<n>(partial + (run * sums + s) * columns + c);
        return all;
    }
    template <int n>
    RUNG_HD Terms<sums, n> take(int, int, Reads<float, sums, n> const& all) const {
        Terms<sums, n> of;
        RUNG_UNROLL for (int s = 0; s < sums; ++s) RUNG_UNROLL for (int j = 0; j < n; ++j) of.v[s][j] =
            all.of[s].v[j];
        return of;
    }
};

/// Item i sums rows i / groups() * run .. of `wide` columns.
template <class Term>
struct ColumnSums {
    static constexpr int warps = 8, blocks = 2, sums = Term::sums;
    static constexpr int wide = 32 * Four::size, deep = 8;  ///< columns; rows that a warp reads at once

    Term   term;
    float* to[sums];  ///< (columns) each, added to; null: nobody asks for it
    float* partial;   ///< (runs, sums, columns), for a while
    int*   arrived;   ///< (groups) zeros, before and after
    Index  rows;
    int    run, columns;

    RUNG_HD int        groups() const { return (columns + wide - 1) / wide; }
    RUNG_HD int        runs() const { return int((rows + run - 1) / run); }
    RUNG_HD Index      items() const { return Index(runs()) * groups(); }
    RUNG_HD static int shared() { return sums * warps * wide * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const int   part = int(item) / groups(), group = int(item) % groups(), left = group * wide;
        const Index first = Index(part) * run, more = rows - first;
        add_up(g, term.from(first), left, more < run ? int(more) : run);
        if (runs() > 1) {
            each_sum(g, left,
                     [&](int s, int c, float sum) { partial[(part * sums + s) * columns + c] = sum; });
            if (!g.last(arrived + group, runs())) return;
            add_up(g, RunTerm<sums>{partial, columns}, left, runs());
        }
        each_sum(g, left, [&](int s, int c, float sum) {
            if (to[s]) to[s][c] += sum;
        });
    }

private:
    /// A sum of each warp and column, of every G::warps-th row from its number on, in shared memory.
    RUNG_ANY_GROUP template <class G, class Of>
    RUNG_HD void add_up(G g, Of const& of, int left, int count) const {
        if (of.at_once()) add_up<Four::size>(g, of, left, count);
        else add_up<1>(g, of, left, count);
        g.sync();
    }
    RUNG_ANY_GROUP template <int n, class G, class Of>
    RUNG_HD void add_up(G g, Of const& of, int left, int count) const {
        float* const waiting = g.template shared<float>();
        const auto   warp    = g.warp();
        const int    w       = g.rank() / 32;
        for (int at = warp.rank() * n; at < wide; at += warp.size * n) {
            const int      c = left + at;
            Terms<sums, n> all{};
            // Whole batches ask for no row whether it is there: their reads are under way together.
            const auto batch = [&](int i, bool whole) {
                decltype(of.template read<n>(i, c)) some[deep];
                RUNG_UNROLL for (int k = 0; k < deep; ++k) if (whole || i + k * G::warps < count) some[k] =
                    of.template read<n>(i + k * G::warps, c);
                RUNG_UNROLL for (int k = 0; k < deep; ++k) if (whole || i + k * G::warps < count) {
                    const Terms<sums, n> one = of.template take<n>(i + k * G::warps, c, some[k]);
                    RUNG_UNROLL for (int s = 0; s < sums; ++s) RUNG_UNROLL for (int j = 0; j < n; ++j)
                        all.v[s][j] += one.v[s][j];
                }
            };
            if (c < columns) {
                int i = w;
                for (; i + (deep - 1) * G::warps < count; i += deep * G::warps) batch(i, true);
                if (i < count) batch(i, false);
            }
            RUNG_UNROLL for (int s = 0; s < sums; ++s) RUNG_UNROLL for (int j = 0; j < n; ++j)
                waiting[(s * G::warps + w) * wide + at + j] = all.v[s][j];
        }
    }
    /// see(sum, column, of all warps)
    RUNG_ANY_GROUP template <class G, class See>
    RUNG_HD void each_sum(G g, int left, See see) const {
        float const* const waiting = g.template shared<float>();
        for (int i = g.rank(); i < sums * wide; i += G::size) {
            const int s = i / wide, c = i % wide;
            float     sum = 0;
            for (int w = 0; w < G::warps; ++w) sum += waiting[(s * G::warps + w) * wide + c];
            if (left + c < columns) see(s, left + c, sum);
        }
    }
};

}  // namespace rung::cuda
