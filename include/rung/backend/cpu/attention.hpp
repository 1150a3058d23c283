#pragma once
// Causal attention over ragged sequences, one head at a time in cache. Scores are never stored: the forward
// pass keeps a log-sum-exp per query and the backward pass makes the probabilities anew (Dao et al.,
// "FlashAttention", 2022).

#include "rung/backend/cpu/linear.hpp"
#include "rung/backend/cpu/pointwise.hpp"
#include "rung/core/cache.hpp"

namespace rung::cpu {

namespace detail {

inline constexpr Index query_rows =
    64;  ///< queries handled together; keys after the last of them are skipped

inline Index longest(Sequences const& sequences) {
    Index most = 0;
    for (int b = 0; b < sequences.count; ++b)
        most = std::max<Index>(most, sequences.starts[b + 1] - sequences.starts[b]);
    return most;
}

}  // namespace detail

/// out = softmax(q kT / sqrt(D)) v per head, each token seeing itself and what came before.
/// out (N, C); lse (N, H): log-sum-exp of each query's scaled scores; qkv (N, 3 C).
template <class Real>
void attention(Lane<Real>& lane, Mat<Real> out, Mat<Real> lse, CMat<Real> qkv, Sequences const& sequences,
               int heads) {
    const Index C = out.cols, D = C / heads;
    const Real  scale   = Real(1) / std::sqrt(Real(D));
    const auto  mark    = lane.arena.mark();
    const Index longest = detail::longest(sequences);
    auto        scratch = lane.arena.template take<Real>(std::min(longest, detail::query_rows), longest);

    for (int b = 0; b < sequences.count; ++b)
        for (int h = 0; h < heads; ++h) {
            const Index first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const auto  q = qkv.slice(first, length).columns(h * D, D),
                       k  = qkv.slice(first, length).columns(C + h * D, D),
                       v  = qkv.slice(first, length).columns(2 * C + h * D, D);
            for (Index r = 0; r < length; r += detail::query_rows) {
                const Index rows = std::min(detail::query_rows, length - r), seen = r + rows;
                Mat<Real>   p(scratch.data, rows, seen);
                matmul_nt(lane, p, q.slice(r, rows), k.slice(0, seen));
                for (Index i = 0; i < rows; ++i) {
                    Real*       row = p.row(i);
                    const Index n   = r + i + 1;
                    const Real  top = largest(row, n);
                    exponential(row, row, scale, top, n);
                    const Real total = sum(row, n);
                    for (Index j = 0; j < n; ++j) row[j] *= Real(1) / total;
                    lse(first + r + i, h) = top * scale + std::log(total);
                    std::fill(row + n, row + seen, Real(0));
                }
                matmul(lane, out.slice(first + r, rows).columns(h * D, D), p, v.slice(0, seen));
            }
        }
    lane.arena.release(mark);
}

/// dqkv (N, 3 C) from dout (N, C) and what the forward pass read and wrote.
template <class Real>
void attention_backward(Lane<Real>& lane, Mat<Real> dqkv, CMat<Real> dout, CMat<Real> out, CMat<Real> lse,
                        CMat<Real> qkv, Sequences const& sequences, int heads) {
    const Index C = out.cols, D = C / heads;
    const Real  scale     = Real(1) / std::sqrt(Real(D));
    const auto  mark      = lane.arena.mark();
    const Index longest   = detail::longest(sequences);
    auto        p_scratch = lane.arena.template take<Real>(std::min(longest, detail::query_rows), longest);
    auto        d_scratch = lane.arena.template take<Real>(std::min(longest, detail::query_rows), longest);
    fill(lane, dqkv, 0);

    for (int b = 0; b < sequences.count; ++b)
        for (int h = 0; h < heads; ++h) {
            const Index first = sequences.starts[b], length = sequences.starts[b + 1] - first;
            const auto  qkv_b = qkv.slice(first, length);
            const auto  q = qkv_b.columns(h * D, D), k = qkv_b.columns(C + h * D, D),
                       v   = qkv_b.columns(2 * C + h * D, D);
            const auto d_b = dqkv.slice(first, length);
            const auto dq = d_b.columns(h * D, D), dk = d_b.columns(C + h * D, D),
                       dv = d_b.columns(2 * C + h * D, D);
            for (Index r = 0; r < length; r += detail::query_rows) {
                const Index rows = std::min(detail::query_rows, length - r), seen = r + rows;
                const auto  d_out = dout.slice(first + r, rows).columns(h * D, D);
                Mat<Real>   p(p_scratch.data, rows, seen), ds(d_scratch.data, rows, seen);
                matmul_nt(lane, p, q.slice(r, rows), k.slice(0, seen));  // scores
                matmul_nt(lane, ds, d_out, v.slice(0, seen));            // dp = do vT
                for (Index i = 0; i < rows; ++i) {
                    const Index n   = r + i + 1;
                    Real *      row = p.row(i), *d = ds.row(i);
                    const Real  out_dot = dot(d_out.row(i), out.row(first + r + i) + h * D, D);
                    exponential(row, row, scale, lse(first + r + i, h) / scale, n);
                    for (Index j = 0; j < n; ++j)
                        d[j] = row[j] * (d[j] - out_dot) * scale;  // softmax backward
                    std::fill(p.row(i) + n, p.row(i) + seen, Real(0));
                    std::fill(ds.row(i) + n, ds.row(i) + seen, Real(0));
                }
                const Mat<Real const> pc(p), dsc(ds);
                add_matmul_tn(lane, dv.slice(0, seen), pc, d_out);              // o = p v   ->  dv += pT do
                add_matmul_tn(lane, dk.slice(0, seen), dsc, q.slice(r, rows));  // s = q kT  ->  dk += dsT q
                add_matmul(lane, dq.slice(r, rows), dsc, k.slice(0, seen));     //               dq += ds k
            }
        }
    lane.arena.release(mark);
}

/// Attention of new tokens over everything their sequences hold: appends the new keys and values to the
/// cache, then reads it. out (N, C), qkv (N, 3 C): new tokens only.
template <class Real>
void cached_attention(Lane<Real>& lane, Mat<Real> out, CMat<Real> qkv,
                      CacheLayer<std::type_identity_t<Real>> cache, Sequences const& sequences,
                      CachePlaces places, int heads) {
    const Index C = out.cols, D = C / heads;
    const Real  scale = Real(1) / std::sqrt(Real(D));
    const auto  mark  = lane.arena.mark();
    auto        p     = lane.arena.template take<Real>(1, cache.capacity);
    for (int b = 0; b < sequences.count; ++b) {
        const Index first = sequences.starts[b], fresh = sequences.starts[b + 1] - first,
                    past = places.past[b];
        RUNG_CHECK(past + fresh <= cache.capacity, "cached_attention: sequence ", b, ": tokens; got ",
                   past + fresh, ", wanted at most ", cache.capacity);
        const auto keys = cache.keys_of(places.slots[b]), values = cache.values_of(places.slots[b]);
        for (Index i = 0; i < fresh; ++i) {
            for (Index c = 0; c < C; ++c) keys(c, past + i) = qkv(first + i, C + c);
            std::copy_n(qkv.row(first + i) + 2 * C, C, values.row(past + i));
        }
        for (Index i = 0; i < fresh; ++i)
            for (int h = 0; h < heads; ++h) {
                const Index n = past + i + 1;
                Real const* q = qkv.row(first + i) + h * D;
                Real*       y = out.row(first + i) + h * D;
                Real*       s = p.data;
                std::fill_n(s, n, Real(0));
                for (Index c = 0; c < D; ++c) {
                    Real const* key = keys.row(h * D + c);
                    for (Index j = 0; j < n; ++j) s[j] += q[c] * key[j];
                }
                exponential(s, s, scale, largest(s, n), n);
                const Real inv = Real(1) / sum(s, n);
                std::fill_n(y, D, Real(0));
                for (Index j = 0; j < n; ++j) {
                    Real const* value  = values.row(j) + h * D;
                    const Real  weight = s[j] * inv;
                    for (Index c = 0; c < D; ++c) y[c] += weight * value[c];
                }
            }
    }
    lane.arena.release(mark);
}

}  // namespace rung::cpu
