#pragma once
// Causal attention over ragged sequences, one head at a time in cache. The matrix of scores is never stored: the
// forward pass holds a tile's rows of it and keeps a log-sum-exp per query; the backward pass makes the probabilities
// anew, block by block (Dao et al., "FlashAttention", 2022). Keys after a tile's last query are skipped.

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
    template <Index stride>
    void multiply_transposed(Index rows, Index depth, Real const* p, Index first, bool add, Real* y,
                             Index y_row) {
        for (Index n = 0; n < D; n += width)
            Tile<Real>::template compute<Tile<Real>::tall, W, stride>(
                rows, depth, p, 0, at_ + n * rows_ + first * width, add ? y + n : none, add ? y_row : 0,
                y + n, y_row, std::min(width, D - n));
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
/// seen + i; the rest up to `end`, a whole number of vectors, become zeros.
template <Index rows, class Real>
void softmax_backward(Real* p, Real* d, Index row, Index seen, Index end, Real scale, Real const* log_sum,
                      Real const* out_dot) {
    using S         = Simd<Real>;
    const Real rate = scale * Real(log2_e);
    hide_future<Real, rows>(p, row, seen, end, -std::numeric_limits<Real>::infinity());
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

}  // namespace detail

/// out = softmax(q kT / sqrt(D)) v per head, each token seeing itself and what came before.
/// out (N, C); lse (N, H): log-sum-exp of each query's scaled scores; qkv (N, 3 C).
/// @tparam D  channels of a head
template <int D, class P, class Real>
void attention(Lane<P>& lane, Mat<Real> out, Mat<Real> lse, CMat<Real> qkv, Sequences const& sequences) {
    constexpr Index              tall = Tile<Real>::tall;
    const Index                  C = out.cols, longest = detail::longest(sequences);
    const Real                   scale = Real(1) / std::sqrt(Real(D));
    const auto                   mark  = lane.arena.mark();
    const Index                  row   = detail::padded<Real>(longest + tall);
    Real*                        s     = lane.arena.template take<Real>(tall, row).data;
    detail::ScorePanels<Real, D> keys(lane.arena, longest);
    detail::HeadPanels<Real, D>  values(lane.arena, longest);

    for (int b = 0; b < sequences.count; ++b)
        for (int h = 0; h < int(C / D); ++h) {
            const Index first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const auto  q = qkv.slice(first, length).columns(h * D, D);
            keys.pack(qkv.slice(first, length).columns(C + h * D, D));
            values.pack(qkv.slice(first, length).columns(2 * C + h * D, D));
            for (Index r = 0; r < length; r += tall) {
                const Index rows = std::min(tall, length - r), seen = r + rows;
                Real        top[tall], total[tall];
                keys.score(rows, q.row(r), q.stride, 0, seen, s, row);
                softmax_numerators<tall>(s, row, r + 1, whole_vectors<Real>(r + tall), scale, top, total);
                Real* y = out.row(first + r) + h * D;
                values.multiply(rows, seen, s, row, 0, false, y, out.stride);
                for (Index i = 0; i < rows; ++i, y += out.stride) {
                    const Real share      = Real(1) / total[i];
                    lse(first + r + i, h) = top[i] * scale + std::log(total[i]);
                    for_vectors<Real>(D, [&](auto at, Index c) { at.store(y + c, at.load(y + c) * share); });
                }
            }
        }
    lane.arena.release(mark);
}

/// dqkv (N, 3 C) from dout (N, C) and what the forward pass read and wrote.
template <int D, class P, class Real>
void attention_backward(Lane<P>& lane, Mat<Real> dqkv, CMat<Real> dout, CMat<Real> out, CMat<Real> lse,
                        CMat<Real> qkv, Sequences const& sequences) {
    constexpr Index tall = Tile<Real>::tall, block = 64;  // probabilities of block x block stay in cache
    const Index     C = out.cols, longest = detail::longest(sequences);
    const Real      scale = Real(1) / std::sqrt(Real(D));
    const auto      mark  = lane.arena.mark();
    // A tile more than the block: the last one is worked on whole.
    Real*                        p        = lane.arena.template take<Real>(block + tall, block).data;
    Real*                        ds       = lane.arena.template take<Real>(block + tall, block).data;
    Real*                        log_sums = lane.arena.template take<Real>(1, longest + tall).data;
    Real*                        out_dots = lane.arena.template take<Real>(1, longest + tall).data;
    detail::ScorePanels<Real, D> keys(lane.arena, longest), values(lane.arena, longest);
    detail::HeadPanels<Real, D>  key_rows(lane.arena, longest), query_rows(lane.arena, longest),
        dout_rows(lane.arena, longest);

    for (int b = 0; b < sequences.count; ++b)
        for (int h = 0; h < int(C / D); ++h) {
            const Index first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const auto  of = [&](CMat<Real> m, Index column) {
                return m.slice(first, length).columns(column, D);
            };
            const auto q = of(qkv, h * D), k = of(qkv, C + h * D), v = of(qkv, 2 * C + h * D),
                       d_out = of(dout, h * D), o = of(out, h * D);
            const auto d_b = dqkv.slice(first, length);
            const auto dq = d_b.columns(h * D, D), dk = d_b.columns(C + h * D, D),
                       dv = d_b.columns(2 * C + h * D, D);
            keys.pack(k), values.pack(v), key_rows.pack(k), query_rows.pack(q), dout_rows.pack(d_out);
            for (Index i = 0; i < length; ++i) {
                log_sums[i] = lse(first + i, h) * Real(log2_e);
                out_dots[i] = dot(d_out.row(i), o.row(i), D);
            }

            for (Index j0 = 0; j0 < length; j0 += block)
                for (Index i0 = j0; i0 < length; i0 += block) {
                    const Index queries = std::min(block, length - i0),
                                columns = std::min(block, length - j0);
                    for (Index r = 0; r < queries; r += tall) {
                        const Index rows = std::min(tall, queries - r), at = i0 + r;
                        const Index seen = std::min(columns, at + rows - j0),
                                    end  = detail::padded<Real>(seen);
                        keys.score(rows, q.row(at), q.stride, j0, seen, p + r * block, block);
                        values.score(rows, d_out.row(at), d_out.stride, j0, seen, ds + r * block, block);
                        detail::softmax_backward<tall>(p + r * block, ds + r * block, block,
                                                       std::min(columns, at + 1 - j0), end, scale,
                                                       log_sums + at, out_dots + at);
                        key_rows.multiply(rows, seen, ds + r * block, block, j0, j0 > 0, dq.row(at),
                                          dq.stride);
                    }
                    for (Index j = 0; j < columns; j += tall) {
                        const Index rows = std::min(tall, columns - j), from = i0 == j0 ? j : 0;
                        const Index at = from * block + j, depth = queries - from;
                        dout_rows.template multiply_transposed<block>(rows, depth, p + at, i0 + from, i0 > j0,
                                                                      dv.row(j0 + j), dv.stride);
                        query_rows.template multiply_transposed<block>(rows, depth, ds + at, i0 + from,
                                                                       i0 > j0, dk.row(j0 + j), dk.stride);
                    }
                }
        }
    lane.arena.release(mark);
}

}  // namespace rung::cpu::inline RUNG_ISA
