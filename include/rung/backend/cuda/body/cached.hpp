#pragma once
// Attention while decoding: new tokens over everything their sequences hold (core/cache.hpp). First all new keys and
// values are appended, then whoever asks reads the cache.

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

/// out (asking, C): attention of the tokens in rows rows[i] of qkv (N, (H + 2 KV) D), each over places 0 .. places[row]
/// of its slot; an item is a token that asks and a head.
/// One warp each: with 4 KB of reads under way in every warp some five hundred keep an H100's memory busy, and 64
/// sequences have as many heads; four would share a context of tens of tokens, and wait for each other.
template <class T>
struct CachedAttention {
    static constexpr int warps = 1;

    T const *  qkv, *cache;
    T*         out;
    int const* rows;            ///< (asking); null: every row asks, in order
    int const *slots, *places;  ///< (N)
    int        heads, size, capacity;
    Sight      sight = {};

    int shared() const { return 4 * capacity; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const HeadRow       in(heads, size, sight);
        const Index         row = rows ? rows[item / heads] : item / heads;
        const int           h   = int(item % heads);
        const Index         run = Index(slots[row]) * sight.kv_heads(heads) + h / in.group;
        const body::Rows<T> keys{cache + run * capacity * 2 * size, 2 * size, places[row] + 1, size},
            values{keys.data + size, keys.stride, keys.count, size};
        body::attend(g, out + item * size, qkv + row * in.width + Index(h) * size, keys, values,
                     sight.along_keys(heads, h, places[row]), g.template shared<float>());
    }
};

}  // namespace rung::cuda
