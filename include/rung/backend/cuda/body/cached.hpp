#pragma once
// Attention while decoding: new tokens over everything their sequences hold (core/cache.hpp). First all new keys and
// values are appended, then whoever asks reads the cache; a token that comes alone appends its own.

#include "rung/backend/cuda/body/attention.hpp"

namespace rung::cuda {

/// The keys and values of new tokens, qkv (N, (H + 2 KV) D), go to place places[row] of slot slots[row]; an item is a
/// few neighbours of one of them.
template <class T>
struct Append {
    static constexpr int warps = 0, most = 16 / sizeof(T);

    T const*   qkv;
    T*         cache;
    int const *slots, *places;  ///< (N)
    int        heads, size, capacity;
    int        kv = heads;  ///< heads of keys and values

    /// Values of an item.
    RUNG_HD int pack() const { return size % most == 0 ? most : 1; }
    Index       items(Index rows) const { return rows * 2 * kv * (size / pack()); }

    RUNG_HD void operator()(Index item) const {
        const int   keys = kv * size, per_row = 2 * keys / pack();
        const Index row  = item / per_row;
        const int   c    = int(item % per_row) * pack();  // of the row's keys, then values
        const int   head = c % keys / size, to = c / keys * size + c % size;
        T const*    from = qkv + row * (heads * size + 2 * keys) + heads * size + c;
        T*          at   = cache + ((Index(slots[row]) * kv + head) * capacity + places[row]) * 2 * size + to;
        if (pack() == most)
            *reinterpret_cast<Pack<T, most>*>(at) = *reinterpret_cast<Pack<T, most> const*>(from);
        else *at = *from;
    }
};

namespace body {

/// What a token sees of one head: tokens before it, in the cache, and itself, among the new ones.
template <class T>
struct Held {
    T const* keys;  ///< (before, 2 size): [key | value]
    int      before, size;
    T const* own;     ///< its key
    int      values;  ///< from its key to its value
    T*       kept;    ///< where both go in the cache; null: they are there
};

/// to = softmax(q . keys / sqrt(size) + bias) values. A warp's lanes hold whole rows: keys and values are read together
/// and once, and what was summed up fades as larger scores come, as in flash attention.
RUNG_ANY_GROUP template <int V, class G, class T>
RUNG_HD void attend_at_once(G g, T* to, T const* q, Held<T> x, BiasLine bias) {
    constexpr int n = 4;  // keys of a lane, and values, that are under way at once
    using Some      = Pack<T, V>;
    const Reading<V, G> of(g, x.size);
    const bool          there = of.lane * V < x.size;
    const int           c = there ? of.lane * V : 0, row = 2 * x.size, step = of.rows_at_once * row;
    const float         rate = there ? log2_e / ::sqrtf(float(x.size)) : 0;
    const auto          asks = *reinterpret_cast<Some const*>(q + c);
    T const *from = x.keys + of.row * row + c, *const own = x.own + c;
    float query[V], sum[V] = {}, total = 0, top = -INFINITY;
    RUNG_UNROLL for (int i = 0; i < V; ++i) query[i] = widen(asks.v[i]) * rate;
    for (int j = of.row, first = 0; first <= x.before; first += n * of.rows_at_once) {
        Some  keys[n], values[n];
        float p[n] = {}, most = top;
        RUNG_UNROLL for (int k = 0; k < n; ++k) {  // past the end: its own again
            const bool     held = j + k * of.rows_at_once < x.before;
            T const* const key  = held ? from + k * step : own;
            keys[k]             = *reinterpret_cast<Some const*>(key);
            values[k]           = *reinterpret_cast<Some const*>(key + (held ? x.size : x.values));
        }
        RUNG_UNROLL for (int k = 0; k < n; ++k) RUNG_UNROLL for (int i = 0; i < V; ++i) p[k] +=
            query[i] * widen(keys[k].v[i]);
        for (int mask = 1; mask < of.lanes; mask *= 2)
            RUNG_UNROLL for (int k = 0; k < n; ++k) p[k] += g.shuffle_xor(p[k], mask);
        if (bias.at)
            RUNG_UNROLL for (int k = 0; k < n; ++k) if (j + k * of.rows_at_once <= x.before) p[k] +=
                bias.at[(j + k * of.rows_at_once) * bias.step] * log2_e;
        RUNG_UNROLL for (int k = 0; k < n; ++k) {
            p[k] = j + k * of.rows_at_once <= x.before ? p[k] : -INFINITY;
            most = Larger{}(most, p[k]);
        }
        for (int mask = of.lanes; mask < G::size; mask *= 2) most = Larger{}(most, g.shuffle_xor(most, mask));
        const float fade = power_of_two(top - most);
        total *= fade, top = most;
        RUNG_UNROLL for (int i = 0; i < V; ++i) sum[i] *= fade;
        RUNG_UNROLL for (int k = 0; k < n; ++k) {
            const float w = power_of_two(p[k] - most);
            total += w;
            RUNG_UNROLL for (int i = 0; i < V; ++i) sum[i] += w * widen(values[k].v[i]);
        }
        j += n * of.rows_at_once, from += n * step;
    }
    for (int mask = of.lanes; mask < G::size; mask *= 2) {
        total += g.shuffle_xor(total, mask);
        RUNG_UNROLL for (int i = 0; i < V; ++i) sum[i] += g.shuffle_xor(sum[i], mask);
    }
    const float share = 1 / total;
    Some        all;
    RUNG_UNROLL for (int i = 0; i < V; ++i) all.v[i] = narrow<T>(sum[i] * share);
    if (!there || of.row > 0) return;
    *reinterpret_cast<Some*>(to + c) = all;
    if (!x.kept) return;
    *reinterpret_cast<Some*>(x.kept + c)          = *reinterpret_cast<Some const*>(own);
    *reinterpret_cast<Some*>(x.kept + x.size + c) = *reinterpret_cast<Some const*>(own + x.values);
}

}  // namespace body

/// Attention of the tokens in rows rows[i] of qkv (N, (H + 2 KV) D), each over places 0 .. places[row] of its slot; an
/// item is a token that asks and a head.
/// One warp each: with 4 KB of reads under way in every warp some five hundred keep an H100's memory busy, and 64
/// sequences have as many heads; four would share a context of tens of tokens, and wait for each other.
/// @tparam at_once  whether a warp's lanes hold a row of a head, see row_at_once()
template <class T, bool at_once>
struct CachedAttention {
    static constexpr int warps = 1, lanes = 32;
    static constexpr int blocks = at_once ? 5 : 16;  // registers for all reads of a step
    static constexpr int V      = 16 / sizeof(T);    // values that a lane reads at once

    T const*   qkv;
    T*         cache;
    T*         out;             ///< (N, C), or (asking, C) if `dense`
    int const* rows;            ///< (asking); null: every row asks, in order
    int const *slots, *places;  ///< (N)
    int        heads, size, capacity;
    Sight      sight   = {};
    bool       dense   = true;   ///< out has rows for those who ask only, in their order
    bool       appends = false;  ///< if at_once: each sequence has one new token, not in the cache yet

    static bool row_at_once(int size) { return size % V == 0 && size <= lanes * V; }
    int         shared() const requires(!at_once) { return 4 * capacity; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const HeadRow  in(heads, size, sight);
        const int      asks = int(item) / heads, h = int(item) % heads, kv = h / in.group;
        const int      row = rows ? rows[asks] : asks, place = places[row];
        const Index    run    = Index(slots[row]) * sight.kv_heads(heads) + kv;
        T* const       keys   = cache + run * capacity * 2 * size;
        T const *const of_row = qkv + row * in.width, *const q = of_row + h * size;
        T* const   to   = out + (Index(dense ? asks : row) * heads + h) * size;
        const auto bias = sight.along_keys(heads, h, place);
        if constexpr (at_once) {
            T* const            kept = appends && h % in.group == 0 ? keys + place * 2 * size : nullptr;
            const body::Held<T> held{keys, place, size, of_row + in.keys(kv), int(in.values), kept};
            body::attend_at_once<V>(g, to, q, held, bias);
        } else {
            const body::Rows<T> all{keys, 2 * size, place + 1, size},
                values{keys + size, all.stride, all.count, size};
            body::attend(g, to, q, all, values, bias, g.template shared<float>());
        }
    }
};

}  // namespace rung::cuda
