#pragma once
// Tiles of flash attention: what a warp and a block hold of a head, and where they stand.

#include "rung/backend/cuda/body/sight.hpp"

namespace rung::cuda {

/// A tile's first row, and the first and the last-plus-one row of its sequence.
struct FlashTile {
    int row, start, end;
};

/// Fragments of D channels: loads and products of one warp, whose lane is (group g of 4 lanes, place t in it).
template <int D>
struct FlashHead {
    static_assert(D % 16 == 0, "flash attention: the head size must be a multiple of 16");
    static constexpr int step = 32, pitch = D + 8, pitch_t = step + 8;  // off the banks' beat
    /// bf16 numbers in shared memory of a step's rows, and of their transpose.
    static constexpr int rows_size = step * pitch, columns_size = D * pitch_t;

    using Operand = FragmentA[D / 16];    // 16 rows of D channels
    using Sums    = FragmentC[D / 8];     // the same as results
    using Scores  = FragmentC[step / 8];  // 16 rows against a step
    using Chances = FragmentA[step / 16];

    RUNG_HD static void load(Operand& to, bf16 const* x, Index stride, Index first, Index end, int lane) {
        RUNG_UNROLL for (int k = 0; k < D / 16; ++k) RUNG_UNROLL for (int i = 0; i < 8; i += 2) {
            const Index   row = first + lane / 4 + 8 * (i / 2 % 2);
            Pack<bf16, 2> two{};
            if (row < end)
                two = *reinterpret_cast<Pack<bf16, 2> const*>(x + row * stride + k * 16 + lane % 4 * 2 +
                                                              8 * (i / 4));
            to[k].v[i] = two.v[0], to[k].v[i + 1] = two.v[1];
        }
    }
    /// Products of both's rows, of the lane's two.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void dot(W warp, float (&sums)[2], Operand const& a, Operand const& b) {
        RUNG_UNROLL for (int i = 0; i < 2; ++i) sums[i] = 0;
        RUNG_UNROLL for (int k = 0; k < D / 16; ++k) RUNG_UNROLL for (int i = 0; i < 8; ++i)
            sums[i / 2 % 2] += widen(a[k].v[i]) * widen(b[k].v[i]);
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            sums[i] += warp.shuffle_xor(sums[i], 1);
            sums[i] += warp.shuffle_xor(sums[i], 2);
        }
    }
    RUNG_HD static void store(bf16* x, Index stride, Index first, Index end, Sums const& from, float low,
                              float high, int lane) {
        RUNG_UNROLL for (int n = 0; n < D / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; i += 2) {
            const Index         row   = first + lane / 4 + 8 * (i / 2);
            const float         share = i < 2 ? low : high;
            const Pack<bf16, 2> two{narrow<bf16>(from[n].v[i] * share),
                                    narrow<bf16>(from[n].v[i + 1] * share)};
            if (row < end) *reinterpret_cast<Pack<bf16, 2>*>(x + row * stride + n * 8 + lane % 4 * 2) = two;
        }
    }
    /// Rows first .. of a step into shared memory, as they are and transposed; zeros past the end.
    RUNG_ANY_GROUP template <class G>
    RUNG_HD static void stage(G g, bf16* rows, bf16* columns, bf16 const* x, Index stride, Index first,
                              Index end) {
        for (int at = g.rank(); at < step * D / 8; at += G::size) {
            const int r = at % step,
                      c = at / step * 8;  // neighbours take a row each: the columns' banks differ
            Pack<bf16, 8> some{};
            if (first + r < end) some = *reinterpret_cast<Pack<bf16, 8> const*>(x + (first + r) * stride + c);
            if (rows) *reinterpret_cast<Pack<bf16, 8>*>(rows + r * pitch + c) = some;
            if (columns) RUNG_UNROLL for (int i = 0; i < 8; ++i) columns[(c + i) * pitch_t + r] = some.v[i];
        }
    }
    RUNG_HD static FragmentB fragment(bf16 const* tile, int pitch, int n, int k, int lane) {
        FragmentB b;
        RUNG_UNROLL for (int i = 0; i < 4; ++i) b.v[i] =
            tile[(n * 8 + lane / 4) * pitch + k * 16 + lane % 4 * 2 + i % 2 + 8 * (i / 2)];
        return b;
    }
    /// s = a times the step's rows; sums += p times the step's rows, read by columns.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void score(W warp, Scores& s, Operand const& a, bf16 const* rows, int lane) {
        RUNG_UNROLL for (int n = 0; n < step / 8; ++n) {
            s[n] = {};
            RUNG_UNROLL for (int k = 0; k < D / 16; ++k)
                warp.mma(s[n], a[k], fragment(rows, pitch, n, k, lane));
        }
    }
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void accumulate(W warp, Sums& sums, Scores const& p, bf16 const* columns, int lane) {
        Chances a;
        RUNG_UNROLL for (int k = 0; k < step / 16; ++k) RUNG_UNROLL for (int i = 0; i < 8; ++i) a[k].v[i] =
            narrow<bf16>(p[2 * k + i / 4].v[i / 2 % 2 * 2 + i % 2]);
        RUNG_UNROLL for (int n = 0; n < D / 8; ++n) RUNG_UNROLL for (int k = 0; k < step / 16; ++k)
            warp.mma(sums[n], a[k], fragment(columns, pitch_t, n, k, lane));
    }
    /// f(score, row of the 16, row of the step, which of the lane's two rows)
    template <class F>
    RUNG_HD static void each(Scores& s, int lane, F f) {
        RUNG_UNROLL for (int n = 0; n < step / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i)
            f(s[n].v[i], lane / 4 + 8 * (i / 2), n * 8 + lane % 4 * 2 + i % 2, i / 2);
    }
};

/// What one warp of a block works on: an item is a tile of 16 rows per warp, and one of `heads` heads.
template <int D, class G>
struct FlashPlace {
    FlashTile tile;
    int       h, lane;
    Index     first, last;  ///< the warp's first row; the row after the block's last

    RUNG_HD FlashPlace(G g, FlashTile const* tiles, Index item, int heads)
        : tile(tiles[item / heads]),
          h(int(item % heads)),
          lane(g.rank() % 32),
          first(tile.row + g.rank() / 32 * 16),
          last(tile.row + G::warps * 16) {}

    RUNG_HD bool sees(Sight const& sight, Index query, Index key) const {
        return sight.causal() ? key <= query : key < tile.end;
    }
    /// What a bias adds to q . k, where a query of the sequence sees the key.
    RUNG_HD float bias(Sight const& sight, int heads, int head, Index query, Index key) const {
        if (query >= tile.end || !sees(sight, query, key)) return 0;
        const Index entry = entry_base(sight.by, sight.reach, query - tile.start) + key - tile.start;
        return sight.bias[entry * heads + head] * ::sqrtf(float(D));
    }
};

}  // namespace rung::cuda
