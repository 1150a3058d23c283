#pragma once
// The gradient of a table of biases: what pairs of places that share an entry would have their scores changed by. Their
// probabilities are made anew, a lane to a pair; an entry belongs to one block, so that nothing is added across blocks.

#include "rung/backend/cuda/body/flash_head.hpp"
#include "rung/backend/cuda/body/sight.hpp"

namespace rung::cuda {

namespace body {

RUNG_ANY_GROUP template <int V, class T>
RUNG_HD float dot_by(T const* a, T const* b, int size) {
    float sum = 0;
    for (int c = 0; c < size; c += V) {
        const auto left  = *reinterpret_cast<Pack<T, V> const*>(a + c);
        const auto right = *reinterpret_cast<Pack<T, V> const*>(b + c);
        RUNG_UNROLL for (int i = 0; i < V; ++i) sum += widen(left.v[i]) * widen(right.v[i]);
    }
    return sum;
}
/// a . b by one lane
template <class T>
RUNG_HD float dot(T const* a, T const* b, int size) {
    constexpr int V = 16 / sizeof(T);
    return size % V == 0 ? dot_by<V>(a, b, size) : dot_by<1>(a, b, size);
}

}  // namespace body

/// dbias (entries, H) += p (dout . v - dout . out) over all sequences, for pairs of the first `longest` places. An item
/// is a distance or a pair, and a head.
template <class T>
struct BiasBackward {
    static constexpr int warps = 8;

    T const *        qkv, *dout;
    float*           dbias;
    float const *    lse, *dots;
    int const*       bounds;  ///< (N, 2)
    FlashTile const* tiles;
    int              rows, tile_count, heads, size, longest;
    Sight            sight;

    Index items() const { return entries_of(sight.by, sight.mask, longest) * heads; }

    RUNG_HD static int shared() { return warps * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const int   h = int(item % heads), e = int(item / heads);
        const bool  pairs = sight.by == BiasBy::pair;
        const int   p = pairs ? e / longest : longest - 1, q = pairs ? e % longest : e;
        const Index entry   = entry_base(sight.by, sight.reach, p) + q;
        float*      waiting = g.template shared<float>();
        float       sum     = 0;
        if (!pairs) {
            for (int row = g.rank(); row < rows; row += G::size) {
                const int key = row + q - p;
                if (key >= bounds[2 * row] && key < bounds[2 * row + 1]) sum += term(row, key, h, entry);
            }
        } else if (q <= p || !sight.causal()) {
            for (int i = g.rank(); i < tile_count; i += G::size) {
                const FlashTile tile = tiles[i];  // a sequence's first tells where it is
                if (tile.row == tile.start && tile.start + p < tile.end && tile.start + q < tile.end)
                    sum += term(tile.start + p, tile.start + q, h, entry);
            }
        }
        sum = g.warp().reduce(sum, Plus{});
        if (g.warp().rank() == 0) waiting[g.rank() / 32] = sum;
        g.sync();
        if (g.rank() > 0) return;
        float all = 0;
        for (int w = 0; w < G::warps; ++w) all += waiting[w];
        dbias[entry * heads + h] += all;
    }

private:
    RUNG_HD float term(Index query, Index key, int h, Index entry) const {
        const HeadRow  in(heads, size, sight);
        T const *const q = qkv + query * in.width + Index(h) * size, *const k =
                                                                         qkv + key * in.width + in.keys_of(h);
        const Index at    = query * heads + h;
        const float score = body::dot(q, k, size) / ::sqrtf(float(size)) + sight.bias[entry * heads + h];
        return ::exp2f((score - lse[at]) * log2_e) *
               (body::dot(dout + query * in.C + Index(h) * size, k + in.values, size) - dots[at]);
    }
};

}  // namespace rung::cuda
