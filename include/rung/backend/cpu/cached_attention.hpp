#pragma once
// Attention while decoding: new tokens over everything their sequences hold. A key and a value are read once per
// query and head.

#include "rung/backend/cpu/softmax.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/look.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {

/// s[j] = q . k[j] for eight keys `row` apart: their products are folded into one vector together.
inline void score_eight(float* s, float const* q, float const* k, Index row, Index D) {
    typedef float V __attribute__((vector_size(32)));
    V             sum[8] = {}, x, y;
    for (Index c = 0; c < D; c += 8) {
        std::memcpy(&x, q + c, sizeof x);
#pragma GCC unroll 8
        for (int j = 0; j < 8; ++j) std::memcpy(&y, k + j * row + c, sizeof y), sum[j] += x * y;
    }
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j)
        sum[j] = __builtin_shufflevector(sum[2 * j], sum[2 * j + 1], 0, 2, 8, 10, 4, 6, 12, 14) +
                 __builtin_shufflevector(sum[2 * j], sum[2 * j + 1], 1, 3, 9, 11, 5, 7, 13, 15);
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j)
        sum[j] = __builtin_shufflevector(sum[2 * j], sum[2 * j + 1], 0, 2, 8, 10, 4, 6, 12, 14) +
                 __builtin_shufflevector(sum[2 * j], sum[2 * j + 1], 1, 3, 9, 11, 5, 7, 13, 15);
    const V all = __builtin_shufflevector(sum[0], sum[1], 0, 1, 2, 3, 8, 9, 10, 11) +
                  __builtin_shufflevector(sum[0], sum[1], 4, 5, 6, 7, 12, 13, 14, 15);
    std::memcpy(s, &all, sizeof all);
}

/// s[j] = q . k[j] for n keys; s has room for whole vectors.
template <class Real>
void scores(Real* s, Real const* q, Real const* k, Index row, Index D, Index n) {
    Index j = 0;
    if constexpr (std::is_same_v<Real, float>)
        if (D % 8 == 0) {
            for (; j + 8 <= n; j += 8) score_eight(s + j, q, k + j * row, row, D);
            // The last eight overlap those before: the same keys give the same bits.
            if (j < n && j > 0) return score_eight(s + n - 8, q, k + (n - 8) * row, row, D);
        }
    for (; j < n; ++j) s[j] = dot(q, k + j * row, D);
}

/// y = sum over j of p[j] v[j], for n rows `row` apart and D columns.
template <class Real>
void weighted_sum(Real* y, Real const* p, Real const* v, Index row, Index D, Index n) {
    using S = Simd<Real>;
    Index c = 0;
    for (; c + 4 * S::width <= D; c += 4 * S::width) {
        typename S::Vector sum[4] = {}, x;
        for (Index j = 0; j < n; ++j)
#pragma GCC unroll 4
            for (int i = 0; i < 4; ++i) S::load(x, v + j * row + c + i * S::width), sum[i] += p[j] * x;
        for (int i = 0; i < 4; ++i) S::store(y + c + i * S::width, sum[i]);
    }
    for_vectors<Real>(D - c, [&](auto at, Index i) {
        typename S::Vector sum[4] = {};  // four chains, for want of columns
        Index              j      = 0;
        for (; j + 4 <= n; j += 4)
#pragma GCC unroll 4
            for (int m = 0; m < 4; ++m) sum[m] += p[j + m] * at.load(v + (j + m) * row + c + i);
        for (; j < n; ++j) sum[0] += p[j] * at.load(v + j * row + c + i);
        at.store(y + c + i, (sum[0] + sum[1]) + (sum[2] + sum[3]));
    });
}

}  // namespace detail

/// Appends the new keys and values to the cache, then reads it.
/// @param out   (N, C): of the new tokens; or (B, C) in its first rows, of each sequence's last one
/// @param qkv   (N, (H + 2 KV) D): new tokens only, see HeadGroups; the cache has KV heads
/// @param last  whether only the last token of each sequence asks
/// @param look  causal
template <class P, class Real>
void cached_attention(Lane<P>& lane, Mat<Real> out, CMat<Real> qkv,
                      CacheLayer<std::type_identity_t<Real>> cache, Sequences const& sequences,
                      CachePlaces places, int heads, bool last = false,
                      Look<std::type_identity_t<Real>> const& look = {}) {
    RUNG_CHECK(!last || !sequences.graded || sequences.graded_count == sequences.count,
               "cached_attention: rows that ask; got ", sequences.graded_count,
               ", wanted the last of each of ", sequences.count, " sequences");
    const Index C = out.cols, D = C / heads;
    const auto  groups = HeadGroups::of(qkv.cols, C, D, "cached_attention");
    const Real  scale = Real(1) / std::sqrt(Real(D)), root = std::sqrt(Real(D));
    const auto  mark = lane.arena.mark();
    Real*       s    = lane.arena.template take<Real>(1, cache.capacity + Simd<Real>::width).data;
    RUNG_CHECK(cache.heads == groups.kv, "cached_attention: heads of the cache; got ", cache.heads,
               ", wanted ", groups.kv);
    RUNG_CHECK(look.mask == Mask::causal, "cached_attention: mask; got none, wanted a causal one");
    for (int b = 0; b < sequences.count; ++b) {
        const Index first = sequences.starts[b], fresh = sequences.starts[b + 1] - first,
                    past = places.past[b];
        RUNG_CHECK(fresh > 0, "cached_attention: sequence ", b, ": new tokens; got none, wanted at least 1");
        RUNG_CHECK(past + fresh <= cache.capacity, "cached_attention: sequence ", b, ": tokens; got ",
                   past + fresh, ", wanted at most ", cache.capacity);
        look.check(heads, past + fresh, "cached_attention");
        for (int h = 0; h < heads; ++h) {
            const Index kv   = h / groups.group();
            const auto  held = cache.of(places.slots[b], kv);
            Real const* key  = held.data;
            for (Index i = 0; i < fresh && h % groups.group() == 0; ++i) {
                Real const* from = qkv.row(first + i) + C + kv * D;
                Real*       to   = held.row(past + i);
                std::copy_n(from, D, to);
                std::copy_n(from + groups.kv * D, D, to + D);
            }
            for (Index i = last ? fresh - 1 : 0; i < fresh; ++i) {
                const Index n = past + i + 1;
                Real*       y = out.row(last ? b : first + i) + h * D;
                Real        top, total;
                detail::scores(s, qkv.row(first + i) + h * D, key, held.stride, D, n);
                if (!look.bias.empty()) {
                    const Index base = entry_base(look.by, look.reach, past + i);
                    for (Index j = 0; j < n; ++j) s[j] += look.bias(base + j, h) * root;
                }
                softmax_numerators<1>(s, 0, n, 0, whole_vectors<Real>(n), scale, &top, &total);
                const Real share = Real(1) / total;
                detail::weighted_sum(y, s, key + D, held.stride, D, n);
                for_vectors<Real>(D, [&](auto at, Index c) { at.store(y + c, at.load(y + c) * share); });
            }
        }
    }
    lane.arena.release(mark);
}

}  // namespace rung::cpu::inline RUNG_ISA
