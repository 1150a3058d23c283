#pragma once
// Attention for any head size and precision, a warp per query or key and head. Simple on purpose: it is for
// checks and small models; flash.hpp is the fast one. The weights of one row of probabilities live in shared memory.

#include "rung/backend/cuda/body/sight.hpp"

namespace rung::cuda {

/// Where a row's sequence begins and ends: rows of (N, 2).
using Bounds = int const*;

namespace body {

/// `count` rows of `size` values, `stride` apart; aligned to 16 bytes where a row is a whole number of them. There may
/// be several sets of them side by side.
template <class T>
struct Rows {
    T const* data;
    Index    stride;
    int      count, size;
    int      sets = 1;

    RUNG_HD Rows set(int i) const { return {data + Index(i) * size, stride, count, size}; }
};

/// How a warp reads them: `lanes` side by side, each V neighbours, so that a read is one run of memory; what lanes are
/// left take other rows.
template <int V, class G>
struct Reading {
    int lanes, lane;        ///< of a row: a power of two; this one's number among them
    int rows_at_once, row;  ///< of the warp; this lane's

    RUNG_HD Reading(G g, int size) : lanes(1), rows_at_once(G::size), row(g.rank()) {
        for (; lanes < G::size && lanes * V < size; lanes *= 2) rows_at_once >>= 1, row >>= 1;
        lane = g.rank() - row * lanes;
    }
};

inline constexpr int together = 8;  // reads of a lane that are under way at once

RUNG_ANY_GROUP template <int V, class G, class T, class F>
RUNG_HD void dots_by(G g, T const* a, Rows<T> x, F f) {
    const Reading<V, G> of(g, x.size);
    for (int first = 0; first < x.count; first += together * of.rows_at_once) {
        T const* at[together];
        float    sum[together] = {};
        RUNG_UNROLL for (int k = 0; k < together; ++k) {
            const int j = first + k * of.rows_at_once + of.row;
            at[k] = x.data + (j < x.count ? j : x.count - 1) * x.stride;  // past the end: the last again
        }
        for (int c = of.lane * V; c < x.size; c += of.lanes * V) {
            const auto left = *reinterpret_cast<Pack<T, V> const*>(a + c);
            RUNG_UNROLL for (int k = 0; k < together; ++k) {
                const auto right = *reinterpret_cast<Pack<T, V> const*>(at[k] + c);
                RUNG_UNROLL for (int i = 0; i < V; ++i) sum[k] += widen(left.v[i]) * widen(right.v[i]);
            }
        }
        for (int mask = 1; mask < of.lanes; mask *= 2)
            RUNG_UNROLL for (int k = 0; k < together; ++k) sum[k] += g.warp().shuffle_xor(sum[k], mask);
        RUNG_UNROLL for (int k = 0; k < together; ++k) {
            const int j = first + k * of.rows_at_once + of.row;
            if (of.lane == 0 && j < x.count) f(j, sum[k]);
        }
    }
}

/// f(j, a . x[j]) for every row, in one lane each: the same lane for all x of a shape.
RUNG_ANY_GROUP template <class G, class T, class F>
RUNG_HD void dots(G g, T const* a, Rows<T> x, F f) {
    constexpr int V = 16 / sizeof(T);
    if (x.size % V == 0) dots_by<V>(g, a, x, f);
    else dots_by<1>(g, a, x, f);
}

RUNG_ANY_GROUP template <int V, class G, class T>
RUNG_HD void weighted_sum_by(G g, T* to, float const* weight, Rows<T> x, float share) {
    const Reading<V, G> of(g, x.size);
    for (int first = 0; first < x.size; first += of.lanes * V) {
        const int c      = first + of.lane * V;
        float     sum[V] = {};
        for (int set = 0; set < x.sets; ++set) {
            T const* const     from = x.data + Index(set) * x.size;
            float const* const of_j = weight + set * x.count;
            for (int j = of.row; j < x.count && c < x.size; j += together * of.rows_at_once) {
                Pack<T, V> some[together];
                RUNG_UNROLL for (int k = 0; k < together; ++k) {
                    const int row = j + k * of.rows_at_once;
                    some[k] =
                        *reinterpret_cast<Pack<T, V> const*>(from + (row < x.count ? row : j) * x.stride + c);
                }
                RUNG_UNROLL for (int k = 0; k < together; ++k) {
                    const int   row = j + k * of.rows_at_once;
                    const float w   = row < x.count ? of_j[row] : 0;
                    RUNG_UNROLL for (int i = 0; i < V; ++i) sum[i] += w * widen(some[k].v[i]);
                }
            }
        }
        for (int mask = of.lanes; mask < G::size; mask *= 2)
            RUNG_UNROLL for (int i = 0; i < V; ++i) sum[i] += g.warp().shuffle_xor(sum[i], mask);
        Pack<T, V> all;
        RUNG_UNROLL for (int i = 0; i < V; ++i) all.v[i] = narrow<T>(sum[i] * share);
        if (of.row == 0 && c < x.size) *reinterpret_cast<Pack<T, V>*>(to + c) = all;
    }
}

/// to = share times the sum over j of weight[j] x[j], over all sets, whose weights follow each other.
RUNG_ANY_GROUP template <class G, class T>
RUNG_HD void weighted_sum(G g, T* to, float const* weight, Rows<T> x, float share) {
    constexpr int V = 16 / sizeof(T);
    if (x.size % V == 0) weighted_sum_by<V>(g, to, weight, x, share);
    else weighted_sum_by<1>(g, to, weight, x, share);
}

/// A query and what it sees. An item is a row and a head.
template <class T>
struct Query {
    Index    row;
    int      head;
    Index    at;  ///< of the head, in rows of C
    T const* q;
    Rows<T>  keys, values;
    BiasLine bias;

    RUNG_HD Query(T const* qkv, Bounds bounds, Index item, int heads, int size, Sight const& sight)
        : row(item / heads), head(int(item % heads)), at(item * size) {
        const HeadRow in(heads, size, sight);
        const Index   first = bounds[2 * row], end = sight.causal() ? row + 1 : bounds[2 * row + 1];
        q      = qkv + row * in.width + Index(head) * size;
        keys   = {qkv + first * in.width + in.keys_of(head), in.width, int(end - first), size};
        values = {keys.data + in.values, in.width, keys.count, size};
        bias   = sight.along_keys(heads, head, row - first);
    }
};

/// to = softmax(q . keys / sqrt(size) + bias) values. @param p  a float per key, shared. @return log-sum-exp
RUNG_ANY_GROUP template <class G, class T>
RUNG_HD float attend(G g, T* to, T const* q, Rows<T> keys, Rows<T> values, BiasLine bias, float* p) {
    const float scale = 1 / ::sqrtf(float(keys.size));
    float       top = -INFINITY, sum = 0;
    dots(g, q, keys, [&](int j, float dot) { p[j] = bias.added(dot * scale, j), top = Larger{}(top, p[j]); });
    top = g.reduce(top, Larger{});
    g.sync();
    for (int j = g.rank(); j < keys.count; j += G::size) p[j] = ::exp2f((p[j] - top) * log2_e), sum += p[j];
    sum = g.reduce(sum, Plus{});
    g.sync();
    weighted_sum(g, to, p, values, 1 / sum);
    return top + ::logf(sum);
}

}  // namespace body

/// out (N, C), lse (N, H) from qkv (N, (H + 2 KV) D); an item is a row and a head.
template <class T>
struct Attention {
    static constexpr int warps = 1;

    T const* qkv;
    T*       out;
    float*   lse;
    Bounds   bounds;
    int      heads, size, longest;  ///< channels of a head; tokens of the longest sequence
    Sight    sight = {};

    int shared() const { return 4 * longest; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const body::Query<T> of(qkv, bounds, item, heads, size, sight);
        const float          log_sum =
            body::attend(g, out + of.at, of.q, of.keys, of.values, of.bias, g.template shared<float>());
        if (g.rank() == 0) lse[item] = log_sum;
    }
};

/// The part of dqkv (N, (H + 2 KV) D) that belongs to queries. dots (N, H): dout . out of each head.
template <class T>
struct AttentionQueryBackward {
    static constexpr int warps = 1;

    T const *    qkv, *dout;
    T*           dqkv;
    float const *lse, *dots;
    Bounds       bounds;
    int          heads, size, longest;
    Sight        sight = {};

    int shared() const { return 4 * longest; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const body::Query<T> of(qkv, bounds, item, heads, size, sight);
        const float          scale = 1 / ::sqrtf(float(size)), log_sum = lse[item], along = dots[item];
        float* const         ds = g.template shared<float>();
        body::dots(g, of.q, of.keys, [&](int j, float dot) {
            ds[j] = ::exp2f((of.bias.added(dot * scale, j) - log_sum) * log2_e);
        });
        body::dots(g, dout + of.at, of.values, [&](int j, float dot) { ds[j] *= dot - along; });
        g.sync();
        body::weighted_sum(g, dqkv + (of.q - qkv), ds, of.keys, scale);
    }
};

/// The parts of dqkv that belong to keys and values; an item is a key's row and a head of keys, whose queries are as
/// many sets of rows as there are heads that read it.
template <class T>
struct AttentionKeyBackward {
    static constexpr int warps = 1;

    T const *    qkv, *dout;
    T*           dqkv;
    float const *lse, *dots;
    Bounds       bounds;
    int          heads, size, longest;
    Sight        sight = {};

    int shared() const { return 8 * longest * (heads / sight.kv_heads(heads)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const HeadRow  in(heads, size, sight);
        const int      kv_heads = sight.kv_heads(heads), kv = int(item % kv_heads), h0 = kv * in.group;
        const Index    row = item / kv_heads, start = bounds[2 * row], first = sight.causal() ? row : start;
        const int      count = int(bounds[2 * row + 1] - first);
        const float    scale = 1 / ::sqrtf(float(size));
        T const* const k     = qkv + row * in.width + in.keys(kv);
        const body::Rows<T> q{qkv + first * in.width + Index(h0) * size, in.width, count, size, in.group},
            d{dout + first * in.C + Index(h0) * size, in.C, count, size, in.group};
        float *const p = g.template shared<float>(), *const ds = p + in.group * count;
        for (int s = 0; s < in.group; ++s) {
            const Index  at   = first * heads + h0 + s;
            const auto   bias = sight.along_queries(heads, h0 + s, first - start, row - start);
            float *const p_s = p + s * count, *const ds_s = ds + s * count;
            body::dots(g, k, q.set(s), [&](int i, float dot) {
                p_s[i] = ::exp2f((bias.added(dot * scale, i) - lse[at + Index(i) * heads]) * log2_e);
            });
            body::dots(g, k + in.values, d.set(s),
                       [&](int i, float dot) { ds_s[i] = p_s[i] * (dot - dots[at + Index(i) * heads]); });
        }
        g.sync();
        T* const dk = dqkv + (k - qkv);
        body::weighted_sum(g, dk, ds, q, scale);
        body::weighted_sum(g, dk + in.values, p, d, 1);
    }
};

/// dots (N, H): dout . out of each head; an item is a row and a head.
template <class T>
struct HeadDots {
    static constexpr int warps = 1;

    T const *dout, *out;
    float*   dots;
    int      size;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        float sum = 0;
        for (int c = g.rank(); c < size; c += G::size)
            sum += widen(dout[item * size + c]) * widen(out[item * size + c]);
        sum = g.reduce(sum, Plus{});
        if (g.rank() == 0) dots[item] = sum;
    }
};

}  // namespace rung::cuda
