#pragma once
// Attention over ragged sequences, one head at a time in cache. The matrix of scores is never stored: the
// forward pass holds a tile's rows of it and keeps a log-sum-exp per query; the backward pass makes the probabilities
// anew, block by block (Dao et al., "FlashAttention", 2022). Where it is causal, keys after a tile's last query are
// skipped.

#include "rung/backend/cpu/bias.hpp"
#include "rung/backend/cpu/pack.hpp"
#include "rung/backend/cpu/softmax.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {

inline Index longest(Sequences const& sequences) {
    Index most = 0;
    for (int b = 0; b < sequences.count; ++b)
        most = std::max<Index>(most, sequences.starts[b + 1] - sequences.starts[b]);
    return most;
}

/// A head's matrix (T, D) as products read it from the right: y = p v by columns, in panels of two vectors, or of one
/// where the head is no wider.
template <class Real, Index D>
class HeadPanels {
    static constexpr Index vector = TileSimd<Real>::width;
    static constexpr int   W      = D <= vector ? 1 : 2;
    static constexpr Index width  = W * vector;

public:
    HeadPanels(Arena& arena, Index longest) : at_(arena.take<Real>(1, panels_of<Real, W>(longest, D)).data) {}
    void pack(Mat<Real const> m) {
        rows_ = m.rows;
        pack_panels<Real, W>(at_, m);
    }

    /// y (rows, D) = p b, or y += p b, over the rows first .. first + depth - 1 of b.
    void multiply(Index rows, Index depth, Real const* p, Index p_row, Index first, bool add, Real* y,
                  Index y_row) {
        for (Index n = 0; n < D; n += width)
            Tile<Real>::template rows<W>(rows, depth, p, p_row, at_ + n * rows_ + first * width,
                                         add ? y + n : none, add ? y_row : 0, y + n, y_row,
                                         std::min(width, D - n));
    }
    /// The same with p read down its columns, `stride` apart: y = pT b. Reads a whole tile of columns.
    void multiply_transposed(Index rows, Index depth, Real const* p, Index stride, Index first, bool add,
                             Real* y, Index y_row) {
        for (Index n = 0; n < D; n += width)
            Tile<Real>::template compute<Tile<Real>::tall, W, true>(
                rows, depth, p, 0, stride, at_ + n * rows_ + first * width, add ? y + n : none,
                add ? y_row : 0, y + n, y_row, std::min(width, D - n));
    }

private:
    alignas(64) static constexpr Real none[width] = {};

    Index rows_ = 0;
    Real* at_;
};

/// A head's matrix (T, D) as scores read it: s = q kT.
template <class Real, Index D>
class ScorePanels {
    using T = Tile<Real>;

public:
    ScorePanels(Arena& arena, Index longest) : at_(arena.take<Real>(1, panels_of<Real>(D, longest)).data) {}
    void pack(Mat<Real const> m) { pack_panels<Real>(at_, Strided<Real>(m).transposed()); }

    /// s (rows, keys first .. first + count - 1, rounded up to whole panels).
    void score(Index rows, Real const* q, Index q_row, Index first, Index count, Real* s, Index s_row) {
        for (Index j = 0; j < count; j += T::width)
            T::rows(rows, D, q, q_row, at_ + (first + j) * D, none, 0, s + j, s_row, T::width);
    }

private:
    alignas(64) static constexpr Real none[T::width] = {};

    Real* at_;
};

/// Rounded up to whole panels.
template <class Real>
Index padded(Index count) {
    return (count + Tile<Real>::width - 1) / Tile<Real>::width * Tile<Real>::width;
}

/// p: a tile's scores become probabilities; d: their gradients become those of the scores. Row i sees the first
/// seen + i step; the rest up to `end`, a whole number of vectors, become zeros.
template <Index rows, class Real>
void softmax_backward(Real* p, Real* d, Index row, Index seen, Index step, Index end, Real scale,
                      Real const* log_sum, Real const* out_dot) {
    using S         = Simd<Real>;
    const Real rate = scale * Real(log2_e);
    hide_rest<Real, rows>(p, row, seen, step, end, -std::numeric_limits<Real>::infinity());
    for (Index j = 0; j < end; j += S::width)
#pragma GCC unroll 8
        for (Index i = 0; i < rows; ++i) {
            typename S::Vector e, slope;
            S::load(e, p + i * row + j), S::load(slope, d + i * row + j);
            e = e * rate - log_sum[i];
            power_of_two<Real>(e);
            S::store(p + i * row + j, e);
            S::store(d + i * row + j, e * (slope - out_dot[i]) * scale);
        }
}

/// One head's columns of qkv and of its gradient.
struct HeadColumns {
    Index q, k, v;
    HeadColumns(HeadGroups g, Index h, Index D)
        : q(h * D), k((g.heads + h / g.group()) * D), v(k + g.kv * D) {}
};

}  // namespace detail

/// out = softmax(q kT / sqrt(D) + bias) v per head, each token seeing what the mask leaves it.
/// out (N, C); lse (N, H): log-sum-exp of each query's scores; qkv (N, (H + 2 KV) D), see HeadGroups.
/// @tparam D  channels of a head
template <int D, class P, class Real>
void attention(Lane<P>& lane, Mat<Real> out, Mat<Real> lse, CMat<Real> qkv, Sequences const& sequences,
               Look<std::type_identity_t<Real>> const& look = {}) {
    constexpr Index              tall    = Tile<Real>::tall;
    const Index                  longest = detail::longest(sequences);
    const auto                   groups  = HeadGroups::of(qkv.cols, out.cols, D, "attention");
    const bool                   causal  = look.mask == Mask::causal;
    const Real                   scale   = Real(1) / std::sqrt(Real(D));
    const auto                   mark    = lane.arena.mark();
    const Index                  row     = detail::padded<Real>(longest + tall);
    Real*                        s       = lane.arena.template take<Real>(tall, row).data;
    detail::ScorePanels<Real, D> keys(lane.arena, longest);
    detail::HeadPanels<Real, D>  values(lane.arena, longest);
    detail::HeadBias<Real>       bias;
    look.check(groups.heads, longest, "attention");
    if (!look.bias.empty())
        bias = {lane.arena, look, groups.heads, longest}, bias.read(look.bias, std::sqrt(Real(D)));

    for (int b = 0; b < sequences.count; ++b)
        for (Index h = 0; h < groups.heads; ++h) {
            const Index               first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const detail::HeadColumns at(groups, h, D);
            const auto                rows_of = qkv.slice(first, length);
            const auto                q       = rows_of.columns(at.q, D);
            if (h % groups.group() == 0)
                keys.pack(rows_of.columns(at.k, D)), values.pack(rows_of.columns(at.v, D));
            for (Index r = 0; r < length; r += tall) {
                const Index rows = std::min(tall, length - r), seen = causal ? r + rows : length;
                Real        top[tall], total[tall];
                keys.score(rows, q.row(r), q.stride, 0, seen, s, row);
                if (!bias.empty())
                    for (Index i = 0; i < rows; ++i) add_to(s + i * row, bias.row(h, r + i), seen);
                softmax_numerators<tall>(s, row, causal ? r + 1 : length, causal,
                                         whole_vectors<Real>(causal ? r + tall : length), scale, top, total);
                Real* y = out.row(first + r) + h * D;
                values.multiply(rows, seen, s, row, 0, false, y, out.stride);
                for (Index i = 0; i < rows; ++i, y += out.stride) {
                    const Real share      = Real(1) / total[i];
                    lse(first + r + i, h) = top[i] * scale + std::log(total[i]);
                    for_vectors<Real>(
                        D, [&](auto at_c, Index c) { at_c.store(y + c, at_c.load(y + c) * share); });
                }
            }
        }
    lane.arena.release(mark);
}

/// dqkv (N, (H + 2 KV) D) from dout (N, C) and what the forward pass read and wrote.
/// @param dbias  (entries, H) gets the gradient of look.bias added; empty: nobody asks for it
template <int D, class P, class Real>
void attention_backward(Lane<P>& lane, Mat<Real> dqkv, CMat<Real> dout, CMat<Real> out, CMat<Real> lse,
                        CMat<Real> qkv, Sequences const& sequences,
                        Look<std::type_identity_t<Real>> const& look  = {},
                        Mat<std::type_identity_t<Real>>         dbias = {}) {
    constexpr Index tall = Tile<Real>::tall, block = 64;  // probabilities of block x block stay in cache
    const Index     longest = detail::longest(sequences);
    const auto      groups  = HeadGroups::of(qkv.cols, out.cols, D, "attention_backward");
    const bool      causal  = look.mask == Mask::causal;
    const Real      scale = Real(1) / std::sqrt(Real(D)), root = std::sqrt(Real(D));
    const auto      mark = lane.arena.mark();
    // A tile more than the block: the last one is worked on whole.
    Real*                        p        = lane.arena.template take<Real>(block + tall, block).data;
    Real*                        ds       = lane.arena.template take<Real>(block + tall, block).data;
    Real*                        log_sums = lane.arena.template take<Real>(1, longest + tall).data;
    Real*                        out_dots = lane.arena.template take<Real>(1, longest + tall).data;
    detail::ScorePanels<Real, D> keys(lane.arena, longest), values(lane.arena, longest);
    detail::HeadPanels<Real, D>  key_rows(lane.arena, longest), query_rows(lane.arena, longest),
        dout_rows(lane.arena, longest);
    detail::HeadBias<Real> bias, slopes;
    look.check(groups.heads, longest, "attention_backward");
    if (!look.bias.empty()) bias = {lane.arena, look, groups.heads, longest}, bias.read(look.bias, root);
    RUNG_CHECK(dbias.empty() || (dbias.rows == look.bias.rows && dbias.cols == look.bias.cols),
               "attention_backward: gradient of the bias; got ", dbias.rows, " x ", dbias.cols, ", wanted ",
               look.bias.rows, " x ", look.bias.cols);
    if (!dbias.empty()) slopes = {lane.arena, look, groups.heads, longest};

    for (int b = 0; b < sequences.count; ++b)
        for (Index h = 0; h < groups.heads; ++h) {
            const Index first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const bool  begins = h % groups.group() == 0;  // a group of heads, whose keys' gradients add up
            const detail::HeadColumns place(groups, h, D);
            const auto                of = [&](CMat<Real> m, Index column) {
                return m.slice(first, length).columns(column, D);
            };
            const auto q = of(qkv, place.q), d_out = of(dout, place.q), o = of(out, place.q);
            const auto d_b = dqkv.slice(first, length);
            const auto dq = d_b.columns(place.q, D), dk = d_b.columns(place.k, D),
                       dv = d_b.columns(place.v, D);
            if (begins)
                keys.pack(of(qkv, place.k)), values.pack(of(qkv, place.v)), key_rows.pack(of(qkv, place.k));
            query_rows.pack(q), dout_rows.pack(d_out);
            for (Index i = 0; i < length; ++i) {
                log_sums[i] = lse(first + i, h) * Real(log2_e);
                out_dots[i] = dot(d_out.row(i), o.row(i), D);
            }

            for (Index j0 = 0; j0 < length; j0 += block)
                for (Index from = causal ? j0 : 0, i0 = from; i0 < length; i0 += block) {
                    const Index queries = std::min(block, length - i0),
                                columns = std::min(block, length - j0);
                    const bool adds     = i0 > from || !begins;
                    for (Index r = 0; r < queries; r += tall) {
                        const Index rows = std::min(tall, queries - r), at = i0 + r;
                        const Index seen = causal ? std::min(columns, at + rows - j0) : columns,
                                    end  = detail::padded<Real>(seen);
                        Real *const p_r = p + r * block, *const ds_r = ds + r * block;
                        keys.score(rows, q.row(at), q.stride, j0, seen, p_r, block);
                        values.score(rows, d_out.row(at), d_out.stride, j0, seen, ds_r, block);
                        if (!bias.empty())
                            for (Index i = 0; i < rows; ++i)
                                add_to(p_r + i * block, bias.row(h, at + i) + j0, seen);
                        detail::softmax_backward<tall>(p_r, ds_r, block,
                                                       causal ? std::min(columns, at + 1 - j0) : columns,
                                                       causal, end, scale, log_sums + at, out_dots + at);
                        if (!slopes.empty())
                            for (Index i = 0; i < rows; ++i)
                                add_to(slopes.row(h, at + i) + j0, ds_r + i * block, seen);
                        key_rows.multiply(rows, seen, ds_r, block, j0, j0 > 0, dq.row(at), dq.stride);
                    }
                    for (Index j = 0; j < columns; j += tall) {
                        const Index rows = std::min(tall, columns - j), above = causal && i0 == j0 ? j : 0;
                        const Index at = above * block + j, depth = queries - above;
                        dout_rows.multiply_transposed(rows, depth, p + at, block, i0 + above, adds,
                                                      dv.row(j0 + j), dv.stride);
                        query_rows.multiply_transposed(rows, depth, ds + at, block, i0 + above, adds,
                                                       dk.row(j0 + j), dk.stride);
                    }
                }
        }
    if (!slopes.empty()) slopes.add_to_table(dbias, root);
    lane.arena.release(mark);
}

}  // namespace rung::cpu::inline RUNG_ISA
