#pragma once
// Tiles of flash attention: what a warp and a block hold of a head, and where they stand.

#include "rung/backend/cuda/body/sight.hpp"
#include "rung/backend/cuda/fragment.hpp"

namespace rung::cuda {

/// A tile's first row, and the first and the last-plus-one row of its sequence.
struct FlashTile {
    int row, start, end;
};

/// Rows of D channels that a block shares: of two matrices, a step's, and the next one's on their way.
template <int D>
struct FlashSteps {
    static constexpr int step = 32, pitch = D + 8;  // eight rows fall on all banks
    static constexpr int matrix = step * pitch, bytes = 4 * matrix * int(sizeof(bf16));

    bf16* memory;

    RUNG_HD bf16* first(int bank) const { return memory + 2 * bank * matrix; }
    RUNG_HD bf16* second(int bank) const { return first(bank) + matrix; }

    /// Rows row .. of a matrix; zeros past the end.
    RUNG_ANY_GROUP template <class G>
    RUNG_HD static void fetch(G g, bf16* to, bf16 const* x, Index stride, int row, int end) {
        using Eight            = Pack<bf16, 8>;
        constexpr int of_a_row = D / 8, all = step * of_a_row;
        RUNG_UNROLL for (int done = 0; done < all; done += G::size) {
            const int at = done + g.rank(), r = at / of_a_row, c = at % of_a_row * 8;
            if (all % G::size == 0 || at < all)
                g.copy(reinterpret_cast<Eight*>(to + r * pitch + c),
                       reinterpret_cast<Eight const*>(x + (row + r) * stride + c), row + r < end);
        }
    }
    /// Keys and values of one head.
    RUNG_ANY_GROUP template <class G>
    RUNG_HD void fetch(G g, bf16 const* keys, HeadRow const& in, int bank, int row, int end) const {
        fetch(g, first(bank), keys, in.width, row, end);
        fetch(g, second(bank), keys + in.values, in.width, row, end);
    }
};

/// Fragments of D channels: loads and products of one warp, whose lane is (group g of 4 lanes, place t in it).
template <int D>
struct FlashHead {
    static_assert(D % 16 == 0, "flash attention: the head size must be a multiple of 16");
    using Steps                = FlashSteps<D>;
    static constexpr int step  = Steps::step;
    static constexpr int pitch = Steps::pitch;

    using Operand = FragmentA[D / 16];    // 16 rows of D channels
    using Sums    = FragmentC[D / 8];     // the same as results
    using Scores  = FragmentC[step / 8];  // 16 rows against a step

    RUNG_HD static void load(Operand& to, bf16 const* x, Index stride, int first, int end, int lane) {
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            const int         row  = first + lane / 4 + 8 * i;
            bf16 const* const from = x + row * stride + lane % 4 * 2;
            RUNG_UNROLL for (int k = 0; k < D / 8; ++k) to[k / 2].v[k % 2 * 2 + i] =
                row < end ? load_pair(from + k * 8) : 0;
        }
    }
    /// Products of both's rows, of the lane's two.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void dot(W warp, float (&sums)[2], Operand const& a, Operand const& b) {
        RUNG_UNROLL for (int i = 0; i < 2; ++i) sums[i] = 0;
        RUNG_UNROLL for (int k = 0; k < D / 16; ++k) RUNG_UNROLL for (int i = 0; i < 4; ++i) sums[i % 2] +=
            low(a[k].v[i]) * low(b[k].v[i]) + high(a[k].v[i]) * high(b[k].v[i]);
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            sums[i] += warp.shuffle_xor(sums[i], 1);
            sums[i] += warp.shuffle_xor(sums[i], 2);
        }
    }
    /// @param shares  what the lane's two rows are multiplied by
    RUNG_HD static void store(bf16* x, Index stride, int first, int end, Sums const& from,
                              float const (&shares)[2], int lane) {
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            const int   row = first + lane / 4 + 8 * i;
            bf16* const to  = x + row * stride + lane % 4 * 2;
            if (row < end)
                RUNG_UNROLL for (int n = 0; n < D / 8; ++n) store_pair(
                    to + n * 8, pair(from[n].v[2 * i] * shares[i], from[n].v[2 * i + 1] * shares[i]));
        }
    }
    /// s = a times the step's rows.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void score(W warp, Scores& s, Operand const& a, bf16 const* rows, int lane) {
        bf16 const* const named = rows + (lane / 16 * 8 + lane % 8) * pitch + lane / 8 % 2 * 8;
        RUNG_UNROLL for (int n = 0; n < step / 8; n += 2) {
            s[n] = s[n + 1] = {};
            RUNG_UNROLL for (int k = 0; k < D / 16; ++k) {
                Pair b[4];
                warp.template matrices<false>(b, named + n * 8 * pitch + k * 16);
                warp.mma(s[n], a[k], {b[0], b[1]}), warp.mma(s[n + 1], a[k], {b[2], b[3]});
            }
        }
    }
    /// sums += p times the step's rows, read by columns.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD static void accumulate(W warp, Sums& sums, Scores const& p, bf16 const* rows, int lane) {
        bf16 const* const named = rows + lane % 16 * pitch + lane / 16 * 8;
        RUNG_UNROLL for (int k = 0; k < step / 16; ++k) {
            FragmentA a;
            RUNG_UNROLL for (int i = 0; i < 4; ++i) {
                float const(&from)[4] = p[2 * k + i / 2].v;
                a.v[i]                = pair(from[i % 2 * 2], from[i % 2 * 2 + 1]);
            }
            RUNG_UNROLL for (int n = 0; n < D / 8; n += 2) {
                Pair b[4];
                warp.template matrices<true>(b, named + k * 16 * pitch + n * 8);
                warp.mma(sums[n], a, {b[0], b[1]}), warp.mma(sums[n + 1], a, {b[2], b[3]});
            }
        }
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
    int       h, lane, first;  ///< `first`: the warp's first row

    RUNG_HD FlashPlace(G g, FlashTile const* tiles, Index item, int heads)
        : tile(tiles[item / heads]),
          h(int(item % heads)),
          lane(g.rank() % 32),
          first(tile.row + g.rank() / 32 * 16) {}

    /// Past the keys that the block's queries see.
    RUNG_HD int keys_end(Sight const& sight) const {
        const int after = tile.row + G::warps * 16;
        return sight.causal() && after < tile.end ? after : tile.end;
    }
    RUNG_HD bool sees(Sight const& sight, int query, int key) const {
        const int keys = sight.causal() ? query + 1 : tile.end;
        return key < (query < tile.end ? keys : 0);
    }
    /// Of `queries` queries and `keys` keys, whether any sees one, and whether all see all.
    RUNG_HD bool any(Sight const& sight, int query, int queries, int key) const {
        return first < tile.end && (!sight.causal() || key < query + queries);
    }
    RUNG_HD bool all(Sight const& sight, int query, int queries, int key, int keys) const {
        return query + queries <= tile.end && key + keys <= (sight.causal() ? query + 1 : tile.end);
    }
    /// What a bias adds to q . k, where a query of the sequence sees the key.
    RUNG_HD float bias(Sight const& sight, int heads, int head, int query, int key) const {
        if (!sees(sight, query, key)) return 0;
        const Index entry = entry_base(sight.by, sight.reach, query - tile.start) + key - tile.start;
        return sight.bias[entry * heads + head] * ::sqrtf(float(D));
    }
};

}  // namespace rung::cuda
