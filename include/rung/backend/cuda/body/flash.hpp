#pragma once
// Flash attention with tensor cores (Dao et al., 2022): bf16 operands, float sums, ragged. A block takes a tile
// of one sequence and head, 16 rows to a warp, and walks the other side of the matrix of scores in steps whose rows
// stand in shared memory, the next step's on their way while one is worked on; no probability is stored. The backward
// pass makes them anew, once from the queries' side and once from the keys', so that nothing is added across blocks and
// every run gives the same bits.

#include "rung/backend/cuda/body/flash_head.hpp"

namespace rung::cuda {

/// out (N, C), lse (N, H) from qkv (N, (H + 2 KV) D).
/// @tparam biased  whether there is a table: without one its addresses take no registers
template <int D, bool biased = false>
struct FlashForward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;
    using Steps                = FlashSteps<D>;

    bf16 const*      qkv;
    bf16*            out;
    float*           lse;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        static_assert(Steps::bytes <= 48 << 10, "flash attention: too large a head");
        return Steps::bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        const HeadRow          in(heads, D, sight);
        const Steps            steps{g.template shared<bf16>()};
        bf16 const* const      keys = qkv + in.keys_of(at.h);
        const int              end  = at.keys_end(sight);
        const float            rate = log2_e / ::sqrtf(float(D));

        typename Head::Operand q;
        typename Head::Sums    sums{};
        float                  top[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0}, fade[2];
        steps.fetch(g, keys, in, 0, at.tile.start, end);
        Head::load(q, qkv + at.h * D, in.width, at.first, at.tile.end, at.lane);
        for (int j = at.tile.start, bank = 0; j < end; j += Steps::step, bank ^= 1) {
            g.copied(), g.sync();  // this step is there, and the one before has been read
            if (j + Steps::step < end) steps.fetch(g, keys, in, bank ^ 1, j + Steps::step, end);
            if (!at.any(sight, at.first, 16, j)) continue;
            typename Head::Scores s;
            Head::score(warp, s, q, steps.first(bank), at.lane);
            if constexpr (biased)
                Head::each(s, at.lane, [&](float& x, int row, int column, int) {
                    x += at.bias(sight, heads, at.h, at.first + row, j + column);
                });
            if (!at.all(sight, at.first, 16, j, Steps::step))
                Head::each(s, at.lane, [&](float& x, int row, int column, int) {
                    if (!at.sees(sight, at.first + row, j + column)) x = -INFINITY;
                });
            float most[2] = {top[0], top[1]};
            Head::each(s, at.lane,
                       [&](float& x, int, int, int which) { most[which] = Larger{}(most[which], x); });
            RUNG_UNROLL for (int i = 0; i < 2; ++i) {
                most[i] = Larger{}(most[i], warp.shuffle_xor(most[i], 1));
                most[i] = Larger{}(most[i], warp.shuffle_xor(most[i], 2));
                fade[i] = power_of_two((top[i] - most[i]) * rate), top[i] = most[i], total[i] *= fade[i];
                most[i] *= rate;
            }
            Head::each(s, at.lane, [&](float& x, int, int, int which) {
                x = power_of_two(x * rate - most[which]), total[which] += x;
            });
            RUNG_UNROLL for (int n = 0; n < D / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i) sums[n]
                .v[i] *= fade[i / 2];
            Head::accumulate(warp, sums, s, steps.second(bank), at.lane);
        }
        float shares[2];
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            total[i] += warp.shuffle_xor(total[i], 1), total[i] += warp.shuffle_xor(total[i], 2);
            shares[i]     = 1 / total[i];
            const int row = at.first + at.lane / 4 + 8 * i;
            if (at.lane % 4 == 0 && row < at.tile.end)
                lse[Index(row) * heads + at.h] = top[i] * rate / log2_e + ::logf(total[i]);
        }
        Head::store(out + at.h * D, in.C, at.first, at.tile.end, sums, shares, at.lane);
    }
};

/// dqkv (N, (H + 2 KV) D): the queries' part. dots (N, H) become dout . out, which the keys' part reads.
template <int D, bool biased = false>
struct FlashQueryBackward {
    static constexpr int warps = 4;
    using Head                 = FlashHead<D>;
    using Steps                = FlashSteps<D>;

    bf16 const *     qkv, *dout, *out;
    bf16*            dqkv;
    float const*     lse;
    float*           dots;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        static_assert(Steps::bytes <= 48 << 10, "flash attention: too large a head");
        return Steps::bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, heads);
        const HeadRow          in(heads, D, sight);
        const Steps            steps{g.template shared<bf16>()};
        bf16 const* const      keys  = qkv + in.keys_of(at.h);
        const int              end   = at.keys_end(sight);
        const float            scale = 1 / ::sqrtf(float(D)), rate = scale * log2_e;

        typename Head::Operand q, d;
        typename Head::Sums    sums{};
        float                  log_sum[2], along[2];
        steps.fetch(g, keys, in, 0, at.tile.start, end);
        Head::load(d, dout + at.h * D, in.C, at.first, at.tile.end, at.lane);
        Head::load(q, out + at.h * D, in.C, at.first, at.tile.end, at.lane);
        Head::dot(warp, along, d, q);
        Head::load(q, qkv + at.h * D, in.width, at.first, at.tile.end, at.lane);
        RUNG_UNROLL for (int i = 0; i < 2; ++i) {
            const int row = at.first + at.lane / 4 + 8 * i;
            log_sum[i]    = row < at.tile.end ? lse[Index(row) * heads + at.h] * log2_e : 0;
            if (at.lane % 4 == 0 && row < at.tile.end) dots[Index(row) * heads + at.h] = along[i];
        }
        for (int j = at.tile.start, bank = 0; j < end; j += Steps::step, bank ^= 1) {
            g.copied(), g.sync();  // this step is there, and the one before has been read
            if (j + Steps::step < end) steps.fetch(g, keys, in, bank ^ 1, j + Steps::step, end);
            if (!at.any(sight, at.first, 16, j)) continue;
            typename Head::Scores p, ds;
            Head::score(warp, p, q, steps.first(bank), at.lane);
            if constexpr (biased)
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    x += at.bias(sight, heads, at.h, at.first + row, j + column);
                });
            if (!at.all(sight, at.first, 16, j, Steps::step))
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    if (!at.sees(sight, at.first + row, j + column)) x = -INFINITY;
                });
            Head::each(p, at.lane,
                       [&](float& x, int, int, int which) { x = power_of_two(x * rate - log_sum[which]); });
            Head::score(warp, ds, d, steps.second(bank), at.lane);
            RUNG_UNROLL for (int n = 0; n < Steps::step / 8; ++n) RUNG_UNROLL for (int i = 0; i < 4; ++i)
                ds[n]
                    .v[i] = p[n].v[i] * (ds[n].v[i] - along[i / 2]);
            Head::accumulate(warp, sums, ds, steps.first(bank), at.lane);
        }
        Head::store(dqkv + at.h * D, in.width, at.first, at.tile.end, sums, {scale, scale}, at.lane);
    }
};

/// dqkv (N, (H + 2 KV) D): the parts of keys and values. A tile's rows are keys; steps walk the queries that see
/// them, head by head of those that read the same keys.
template <int D, bool biased = false>
struct FlashKeyBackward {
    static constexpr int warps = 4, blocks = D < 64 ? 4 : D < 128 ? 3 : 2;
    using Head  = FlashHead<D>;
    using Steps = FlashSteps<D>;

    bf16 const *     qkv, *dout;
    bf16*            dqkv;
    float const *    lse, *dots;
    FlashTile const* tiles;
    int              heads;
    Sight            sight = {};

    int shared() const {
        constexpr int bytes = Steps::bytes + 4 * Steps::step * int(sizeof(float));
        static_assert(bytes <= 48 << 10, "flash attention: too large a head");
        return bytes;
    }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto             warp = g.warp();
        const FlashPlace<D, G> at(g, tiles, item, sight.kv_heads(heads));
        const HeadRow          in(heads, D, sight);
        const Steps            steps{g.template shared<bf16>()};
        const float            scale = 1 / ::sqrtf(float(D)), rate = scale * log2_e;
        const Index            keys = in.keys(at.h);
        const int start = sight.causal() ? at.tile.row : at.tile.start, heads_end = (at.h + 1) * in.group;

        typename Head::Operand k, v;
        typename Head::Sums    dk{}, dv{};
        int                    h = at.h * in.group, i = start, bank = 0, next_h = h, next_i = i;
        fetch(g, steps, in, at.tile.end, 0, h, i);
        Head::load(k, qkv + keys, in.width, at.first, at.tile.end, at.lane);
        Head::load(v, qkv + keys + in.values, in.width, at.first, at.tile.end, at.lane);
        for (; h < heads_end; h = next_h, i = next_i, bank ^= 1) {
            next_i += Steps::step;
            if (next_i >= at.tile.end) next_i = start, ++next_h;
            g.copied(), g.sync();  // this step is there, and the one before has been read
            if (next_h < heads_end) fetch(g, steps, in, at.tile.end, bank ^ 1, next_h, next_i);
            if (!at.any(sight, i, Steps::step, at.first)) continue;
            float const *const log_sum = results(steps, bank), *const along = log_sum + Steps::step;
            typename Head::Scores p, ds;
            Head::score(warp, p, k, steps.first(bank), at.lane);
            if constexpr (biased)
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    x += at.bias(sight, heads, h, i + column, at.first + row);
                });
            if (!at.all(sight, i, Steps::step, at.first, 16))
                Head::each(p, at.lane, [&](float& x, int row, int column, int) {
                    if (!at.sees(sight, i + column, at.first + row)) x = -INFINITY;
                });
            Head::each(p, at.lane, [&](float& x, int, int column, int) {
                x = power_of_two(x * rate - log_sum[column] * log2_e);
            });
            Head::accumulate(warp, dv, p, steps.second(bank), at.lane);
            Head::score(warp, ds, v, steps.second(bank), at.lane);
            RUNG_UNROLL for (int c = 0; c < Steps::step / 8; ++c) RUNG_UNROLL for (int e = 0; e < 4; ++e)
                ds[c]
                    .v[e] = p[c].v[e] * (ds[c].v[e] - along[c * 8 + at.lane % 4 * 2 + e % 2]);
            Head::accumulate(warp, dk, ds, steps.first(bank), at.lane);
        }
        Head::store(dqkv + keys, in.width, at.first, at.tile.end, dk, {scale, scale}, at.lane);
        Head::store(dqkv + keys + in.values, in.width, at.first, at.tile.end, dv, {1, 1}, at.lane);
    }

private:
    /// Of a step, behind its rows: log-sum-exps, then dots.
    RUNG_HD static float* results(Steps const& steps, int bank) {
        return reinterpret_cast<float*>(steps.first(2)) + 2 * bank * Steps::step;
    }
    /// Queries of head h from `row` on, the gradients of what they made, and their results.
    RUNG_ANY_GROUP template <class G>
    RUNG_HD void fetch(G g, Steps const& steps, HeadRow const& in, int end, int bank, int h, int row) const {
        Steps::fetch(g, steps.first(bank), qkv + h * D, in.width, row, end);
        Steps::fetch(g, steps.second(bank), dout + h * D, in.C, row, end);
        for (int r = g.rank(); r < 2 * Steps::step; r += G::size) {
            const int query = row + r % Steps::step;
            g.copy(results(steps, bank) + r, (r < Steps::step ? lse : dots) + Index(query) * heads + h,
                   query < end);
        }
    }
};

}  // namespace rung::cuda
