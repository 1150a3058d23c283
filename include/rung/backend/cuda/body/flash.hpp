#pragma once
// Flash attention with tensor cores (Dao et al., 2022): bf16 operands, float sums, ragged. A block takes a tile
// of one sequence and head, 16 rows to a warp, and walks the other side of the matrix of scores in steps whose rows
// stand in shared memory; no probability is stored. The backward pass makes them anew, once from the queries' side
// and once from the keys', so that nothing is added across blocks and every run gives the same bits.

#include "rung/backend/cuda/body/flash_head.hpp"

namespace rung::cuda {

/// out (N, C), lse (N, H) from qkv (N, (H + 2 KV) D).
/// @tparam biased  whether there is a table: without one its addresses take no registers
template <int D, bool biased = false>
struct FlashForward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const*      qkv;
    bf16*            out;
    float*           lse;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        constexpr int bytes = 2 * (Head::rows_size + Head::columns_size);
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        const HeadRow          in(heads, D, sight);
        bf16 *const keys = g.template shared<bf16>(), *const values = keys + Head::rows_size;
        const float rate = log2_e / ::sqrtf(float(D));

        typename Head::Operand q;
        typename Head::Sums    sums{};
        float                  top[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};
        Head::load(q, qkv + at.h * D, in.width, at.first, at.tile.end, at.lane);
        for (Index j = at.tile.start; j < at.tile.end && (j < at.last || !sight.causal()); j += Head::step) {
            g.sync();  // the step before has been read
            Head::stage(g, keys, static_cast<bf16*>(nullptr), qkv + in.keys_of(at.h), in.width, j,
                        at.tile.end);
            Head::stage(g, static_cast<bf16*>(nullptr), values, qkv + in.keys_of(at.h) + in.values, in.width,
                        j, at.tile.end);
            g.sync();
            if (at.first >= at.tile.end || (sight.causal() && j > at.first + 15))
                continue;  // no rows, or after every one of this warp
            typename Head::Scores s;
            Head::score(warp, s, q, keys, at.lane);
            if constexpr (biased)
                Head::each(s, at.lane, [&](float& x, int row, int column, int) {
                    x += at.bias(sight, heads, at.h, at.first + row, j + column);
                });
            float most[2] = {top[0], top[1]};
            Head::each(s, at.lane, [&](float& x, int row, int column, int which) {
                x           = at.sees(sight, at.first + row, j + column) ? x * rate : -INFINITY;
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
        Head::store(out + at.h * D, in.C, at.first, at.tile.end, sums, 1 / total[0], 1 / total[1], at.lane);
    }
};

/// dqkv (N, (H + 2 KV) D): the queries' part. dots (N, H) become dout . out, which the keys' part reads.
template <int D, bool biased = false>
struct FlashQueryBackward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const *     qkv, *dout, *out;
    bf16*            dqkv;
    float const*     lse;
    float*           dots;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        constexpr int bytes = 2 * (2 * Head::rows_size + Head::columns_size);
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        const HeadRow          in(heads, D, sight);
        bf16 *const keys = g.template shared<bf16>(), *const values = keys + Head::rows_size,
                    *const columns = values + Head::rows_size;
        const float        scale   = 1 / ::sqrtf(float(D));

        typename Head::Operand q, d;
        typename Head::Sums    sums{};
        float                  log_sum[2], along[2];
        Head::load(d, dout + at.h * D, in.C, at.first, at.tile.end, at.lane);
        Head::load(q, out + at.h * D, in.C, at.first, at.tile.end, at.lane);
        Head::dot(warp, along, d, q);
        Head::load(q, qkv + at.h * D, in.width, at.first, at.tile.end, at.lane);
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            const Index row = at.first + at.lane / 4 + 8 * i;
            log_sum[i]      = row < at.tile.end ? lse[row * heads + at.h] * log2_e : 0;
            if (at.lane % 4 == 0 && row < at.tile.end) dots[row * heads + at.h] = along[i];
        }
        for (Index j = at.tile.start; j < at.tile.end && (j < at.last || !sight.causal()); j += Head::step) {
            g.sync();
            Head::stage(g, keys, columns, qkv + in.keys_of(at.h), in.width, j, at.tile.end);
            Head::stage(g, values, static_cast<bf16*>(nullptr), qkv + in.keys_of(at.h) + in.values, in.width,
                        j, at.tile.end);
            g.sync();
            if (at.first >= at.tile.end || (sight.causal() && j > at.first + 15)) continue;
            typename Head::Scores p, ds;
            Head::score(warp, p, q, keys, at.lane);
            if constexpr (biased)
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    x += at.bias(sight, heads, at.h, at.first + row, j + column);
                });
            Head::each(p, at.lane, [&](float& x, int row, int column, int which) {
                x = at.sees(sight, at.first + row, j + column) ? ::exp2f(x * scale * log2_e - log_sum[which])
                                                               : 0;
            });
            Head::score(warp, ds, d, values, at.lane);
            RUNG_UNROLL for (int n = 0; n < Head::step / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i) ds[n]
                .v[i] = p[n].v[i] * (ds[n].v[i] - along[i / 2]) * scale;
            Head::accumulate(warp, sums, ds, columns, at.lane);
        }
        Head::store(dqkv + at.h * D, in.width, at.first, at.tile.end, sums, 1, 1, at.lane);
    }
};

/// dqkv (N, (H + 2 KV) D): the parts of keys and values. A tile's rows are keys; steps walk the queries that see
/// them, head by head of those that read the same keys.
template <int D, bool biased = false>
struct FlashKeyBackward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;

    bf16 const *     qkv, *dout;
    bf16*            dqkv;
    float const *    lse, *dots;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        constexpr int bytes = 4 * (Head::rows_size + Head::columns_size) + 8 * Head::step;
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, sight.kv_heads(heads));
        const HeadRow          in(heads, D, sight);
        float *const log_sum = g.template shared<float>(), *const along = log_sum + Head::step;
        bf16 *const        queries       = reinterpret_cast<bf16*>(along + Head::step),
                    *const slopes        = queries + Head::rows_size,
                    *const query_columns = slopes + Head::rows_size,
                    *const slope_columns = query_columns + Head::columns_size;
        const float        scale         = 1 / ::sqrtf(float(D));
        const Index        keys = in.keys(at.h), start = sight.causal() ? at.tile.row : at.tile.start;

        typename Head::Operand k, v;
        typename Head::Sums    dk{}, dv{};
        Head::load(k, qkv + keys, in.width, at.first, at.tile.end, at.lane);
        Head::load(v, qkv + keys + in.values, in.width, at.first, at.tile.end, at.lane);
        for (int h = at.h * in.group; h < (at.h + 1) * in.group; ++h)
            for (Index i = start; i < at.tile.end; i += Head::step) {
                g.sync();
                Head::stage(g, queries, query_columns, qkv + h * D, in.width, i, at.tile.end);
                Head::stage(g, slopes, slope_columns, dout + h * D, in.C, i, at.tile.end);
                for (int r = g.rank(); r < Head::step; r += G::size) {
                    log_sum[r] = i + r < at.tile.end ? lse[(i + r) * heads + h] * log2_e : 0;
                    along[r]   = i + r < at.tile.end ? dots[(i + r) * heads + h] : 0;
                }
                g.sync();
                if (at.first >= at.tile.end || (sight.causal() && i + Head::step <= at.first))
                    continue;  // no rows, or before every one of this warp
                typename Head::Scores p, ds;
                Head::score(warp, p, k, queries, at.lane);
                if constexpr (biased)
                    Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                        x += at.bias(sight, heads, h, i + column, at.first + row);
                    });
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    x = at.sees(sight, i + column, at.first + row) && i + column < at.tile.end
                            ? ::exp2f(x * scale * log2_e - log_sum[column])
                            : 0;
                });
                Head::accumulate(warp, dv, p, slope_columns, at.lane);
                Head::score(warp, ds, v, slopes, at.lane);
                RUNG_UNROLL for (int n = 0; n < Head::step / 8; ++n) RUNG_UNROLL for (int c = 0; c < 4; ++c)
                    ds[n]
                        .v[c] = p[n].v[c] * (ds[n].v[c] - along[n * 8 + at.lane % 4 * 2 + c % 2]) * scale;
                Head::accumulate(warp, dk, ds, query_columns, at.lane);
            }
        Head::store(dqkv + keys, in.width, at.first, at.tile.end, dk, 1, 1, at.lane);
        Head::store(dqkv + keys + in.values, in.width, at.first, at.tile.end, dv, 1, 1, at.lane);
    }
};

}  // namespace rung::cuda
