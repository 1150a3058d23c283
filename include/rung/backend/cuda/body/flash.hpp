#pragma once
// Flash attention with tensor cores (Dao et al., 2022): bf16 operands, float sums, causal, ragged. A block takes a tile
// of one sequence and head, 16 rows to a warp, and walks the other side of the matrix of scores in steps whose rows
// stand in shared memory; no probability is stored. The backward pass makes them anew, once from the queries' side
// and once from the keys', so that nothing is added across blocks and every run gives the same bits.

#include "rung/backend/cuda/group.hpp"

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
        RUNG_UNROLL for (int k = 0; k < D / 16; ++k) RUNG_UNROLL for (int i = 0; i < 8; ++i) {
            const Index row = first + lane / 4 + 8 * (i / 2 % 2);
            to[k].v[i] = row < end ? x[row * stride + k * 16 + lane % 4 * 2 + i % 2 + 8 * (i / 4)] : bf16{};
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

/// What one warp of a block works on: an item is a tile of 16 rows per warp, and a head.
template <int D, class G>
struct FlashPlace {
    FlashTile tile;
    int       h, lane;
    Index     C, first, last;  ///< width; the warp's first row; the row after the block's last

    RUNG_HD FlashPlace(G g, FlashTile const* tiles, Index item, int heads)
        : tile(tiles[item / heads]),
          h(int(item % heads)),
          lane(g.rank() % 32),
          C(Index(heads) * D),
          first(tile.row + g.rank() / 32 * 16),
          last(tile.row + G::warps * 16) {}
};

/// out (N, C), lse (N, H) from qkv (N, 3 C).
template <int D>
struct FlashForward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const*      qkv;
    bf16*            out;
    float*           lse;
    FlashTile const* tiles;
    int              heads;

    int shared() const {
        constexpr int bytes = 2 * (Head::rows_size + Head::columns_size);
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        bf16 *const keys = g.template shared<bf16>(), *const values = keys + Head::rows_size;
        const float rate = log2_e / ::sqrtf(float(D));

        typename Head::Operand q;
        typename Head::Sums    sums{};
        float                  top[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};
        Head::load(q, qkv + at.h * D, 3 * at.C, at.first, at.tile.end, at.lane);
        for (Index j = at.tile.start; j < at.tile.end && j < at.last; j += Head::step) {
            g.sync();  // the step before has been read
            Head::stage(g, keys, static_cast<bf16*>(nullptr), qkv + at.C + at.h * D, 3 * at.C, j,
                        at.tile.end);
            Head::stage(g, static_cast<bf16*>(nullptr), values, qkv + 2 * at.C + at.h * D, 3 * at.C, j,
                        at.tile.end);
            g.sync();
            if (at.first >= at.tile.end || j > at.first + 15)
                continue;  // no rows, or after every one of this warp
            typename Head::Scores s;
            Head::score(warp, s, q, keys, at.lane);
            float most[2] = {top[0], top[1]};
            Head::each(s, at.lane, [&](float& x, int row, int column, int which) {
                x           = j + column > at.first + row ? -INFINITY : x * rate;
                most[which] = Larger{}(most[which], x);
            });
            float fade[2];
            RUNG_UNROLL for (int i = 0; i < 2; ++i) {
                most[i] = Larger{}(most[i], warp.shuffle_xor(most[i], 1));
                most[i] = Larger{}(most[i], warp.shuffle_xor(most[i], 2));
                fade[i] = ::exp2f(top[i] - most[i]), top[i] = most[i], total[i] *= fade[i];
            }
            Head::each(s, at.lane, [&](float& x, int, int, int which) {
                x = ::exp2f(x - top[which]), total[which] += x;
            });
            RUNG_UNROLL for (int n = 0; n < D / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i) sums[n]
                .v[i] *= fade[i / 2];
            Head::accumulate(warp, sums, s, values, at.lane);
        }
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            total[i] += warp.shuffle_xor(total[i], 1), total[i] += warp.shuffle_xor(total[i], 2);
            const Index row = at.first + at.lane / 4 + 8 * i;
            if (at.lane % 4 == 0 && row < at.tile.end)
                lse[row * heads + at.h] = top[i] / log2_e + ::logf(total[i]);
        }
        Head::store(out + at.h * D, at.C, at.first, at.tile.end, sums, 1 / total[0], 1 / total[1], at.lane);
    }
};

/// dqkv (N, 3 C): the queries' part. dots (N, H): dout . out.
template <int D>
struct FlashQueryBackward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const *     qkv, *dout;
    bf16*            dqkv;
    float const *    lse, *dots;
    FlashTile const* tiles;
    int              heads;

    int shared() const {
        constexpr int bytes = 2 * (2 * Head::rows_size + Head::columns_size);
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        bf16 *const keys = g.template shared<bf16>(), *const values = keys + Head::rows_size,
                    *const columns = values + Head::rows_size;
        const float        scale   = 1 / ::sqrtf(float(D));

        typename Head::Operand q, d;
        typename Head::Sums    sums{};
        Head::load(q, qkv + at.h * D, 3 * at.C, at.first, at.tile.end, at.lane);
        Head::load(d, dout + at.h * D, at.C, at.first, at.tile.end, at.lane);
        float log_sum[2], along[2];
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            const Index row = at.first + at.lane / 4 + 8 * i;
            log_sum[i]      = row < at.tile.end ? lse[row * heads + at.h] * log2_e : 0;
            along[i]        = row < at.tile.end ? dots[row * heads + at.h] : 0;
        }
        for (Index j = at.tile.start; j < at.tile.end && j < at.last; j += Head::step) {
            g.sync();
            Head::stage(g, keys, columns, qkv + at.C + at.h * D, 3 * at.C, j, at.tile.end);
            Head::stage(g, values, static_cast<bf16*>(nullptr), qkv + 2 * at.C + at.h * D, 3 * at.C, j,
                        at.tile.end);
            g.sync();
            if (at.first >= at.tile.end || j > at.first + 15) continue;
            typename Head::Scores p, ds;
            Head::score(warp, p, q, keys, at.lane);
            Head::each(p, at.lane, [&](float& x, int row, int column, int which) {
                x = j + column > at.first + row ? 0 : ::exp2f(x * scale * log2_e - log_sum[which]);
            });
            Head::score(warp, ds, d, values, at.lane);
            RUNG_UNROLL for (int n = 0; n < Head::step / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i) ds[n]
                .v[i] = p[n].v[i] * (ds[n].v[i] - along[i / 2]) * scale;
            Head::accumulate(warp, sums, ds, columns, at.lane);
        }
        Head::store(dqkv + at.h * D, 3 * at.C, at.first, at.tile.end, sums, 1, 1, at.lane);
    }
};

/// dqkv (N, 3 C): the parts of keys and values. A tile's rows are keys; steps walk the queries from there on.
template <int D>
struct FlashKeyBackward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const *     qkv, *dout;
    bf16*            dqkv;
    float const *    lse, *dots;
    FlashTile const* tiles;
    int              heads;

    int shared() const {
        constexpr int bytes = 4 * (Head::rows_size + Head::columns_size) + 8 * Head::step;
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        float *const log_sum = g.template shared<float>(), *const along = log_sum + Head::step;
        bf16 *const        queries       = reinterpret_cast<bf16*>(along + Head::step),
                    *const slopes        = queries + Head::rows_size,
                    *const query_columns = slopes + Head::rows_size,
                    *const slope_columns = query_columns + Head::columns_size;
        const float        scale         = 1 / ::sqrtf(float(D));

        typename Head::Operand k, v;
        typename Head::Sums    dk{}, dv{};
        Head::load(k, qkv + at.C + at.h * D, 3 * at.C, at.first, at.tile.end, at.lane);
        Head::load(v, qkv + 2 * at.C + at.h * D, 3 * at.C, at.first, at.tile.end, at.lane);
        for (Index i = at.tile.row; i < at.tile.end; i += Head::step) {
            g.sync();
            Head::stage(g, queries, query_columns, qkv + at.h * D, 3 * at.C, i, at.tile.end);
            Head::stage(g, slopes, slope_columns, dout + at.h * D, at.C, i, at.tile.end);
            for (int r = g.rank(); r < Head::step; r += G::size) {
                log_sum[r] = i + r < at.tile.end ? lse[(i + r) * heads + at.h] * log2_e : 0;
                along[r]   = i + r < at.tile.end ? dots[(i + r) * heads + at.h] : 0;
            }
            g.sync();
            if (at.first >= at.tile.end || i + Head::step <= at.first)
                continue;  // no rows, or before every one of this warp
            typename Head::Scores p, ds;
            Head::score(warp, p, k, queries, at.lane);
            Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                x = i + column < at.first + row || i + column >= at.tile.end
                        ? 0
                        : ::exp2f(x * scale * log2_e - log_sum[column]);
            });
            Head::accumulate(warp, dv, p, slope_columns, at.lane);
            Head::score(warp, ds, v, slopes, at.lane);
            RUNG_UNROLL for (int n = 0; n < Head::step / 8; ++n) RUNG_UNROLL for (int c = 0; c < 4; ++c) ds[n]
                .v[c] = p[n].v[c] * (ds[n].v[c] - along[n * 8 + at.lane % 4 * 2 + c % 2]) * scale;
            Head::accumulate(warp, dk, ds, query_columns, at.lane);
        }
        Head::store(dqkv + at.C + at.h * D, 3 * at.C, at.first, at.tile.end, dk, 1, 1, at.lane);
        Head::store(dqkv + 2 * at.C + at.h * D, 3 * at.C, at.first, at.tile.end, dv, 1, 1, at.lane);
    }
};

}  // namespace rung::cuda
