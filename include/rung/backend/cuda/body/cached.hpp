#pragma once
// Attention while decoding: new tokens over everything their sequences hold (core/cache.hpp). First all new keys and
// values are appended, then whoever asks reads the cache.

#include "rung/backend/cuda/body/attention.hpp"

namespace rung::cuda {

/// The keys and values of new tokens, qkv (N, 3 C), go to place places[row] of slot slots[row]; an item is a few
/// neighbours of one of them.
template <class T>
struct Append {
    static constexpr int warps = 0, most = 16 / sizeof(T);

    T const*   qkv;
    T*         cache;
    int const *slots, *places;  ///< (N)
    int        heads, size, capacity;

    /// Values of an item.
    RUNG_HD int pack() const { return size % most == 0 ? most : 1; }
    Index       items(Index rows) const { return rows * 2 * heads * (size / pack()); }

    RUNG_HD void operator()(Index item) const {
        const int   C = heads * size, per_row = 2 * C / pack();
        const Index row  = item / per_row;
        const int   c    = int(item % per_row) * pack();  // of the row's keys, then values
        const int   head = c % C / size, to = c / C * size + c % size;
        T const*    from = qkv + row * 3 * C + C + c;
        T* at = cache + ((Index(slots[row]) * heads + head) * capacity + places[row]) * 2 * size + to;
        if (pack() == most)
            *reinterpret_cast<Pack<T, most>*>(at) = *reinterpret_cast<Pack<T, most> const*>(from);
        else *at = *from;
    }
};

/// out (asking, C): attention of the tokens in rows rows[i] of qkv (N, 3 C), each over places 0 .. places[row] of its
/// slot; an item is a token that asks and a head.
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

    int shared() const { return 4 * capacity; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index         row = rows ? rows[item / heads] : item / heads;
        const Index         h   = item % heads;
        const body::Rows<T> keys{cache + (slots[row] * heads + h) * capacity * 2 * size, 2 * size,
                                 places[row] + 1, size},
            values{keys.data + size, keys.stride, keys.count, size};
        body::attend(g, out + item * size, qkv + (row * 3 * heads + h) * size, keys, values,
                     g.template shared<float>());
    }
};

}  // namespace rung::cuda
