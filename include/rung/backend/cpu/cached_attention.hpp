#pragma once
// Attention while decoding: new tokens over everything their sequences hold. Each key and value is read once per
// query, scores and results stay in registers.

#include "rung/backend/cpu/softmax.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu {

namespace detail {

/// y[i] = sum over k of a[k] b[k][i] for `count` values of i, `row` apart in b. b may be read up to whole vectors.
template <int vectors, class Real>
void weighted_rows(Real* y, Real const* a, Index depth, Real const* b, Index row, Index count) {
    using S = Simd<Real>;
    for (Index i = 0; i < count; i += vectors * S::width) {
        const Index        left = std::min<Index>(vectors, (count - i + S::width - 1) / S::width);
        typename S::Vector sum[vectors] = {}, v;
        if (left == vectors)
            for (Index k = 0; k < depth; ++k)
                for (int j = 0; j < vectors; ++j) S::load(v, b + k * row + i + j * S::width), sum[j] += a[k] * v;
        else
            for (Index j = 0; j < left; ++j)
                for (Index k = 0; k < depth; ++k) S::load(v, b + k * row + i + j * S::width), sum[j] += a[k] * v;
        for (Index j = 0; j < left; ++j) {
            const Index rest = count - i - j * S::width;
            if (rest >= S::width) S::store(y + i + j * S::width, sum[j]);
            else S::store_first(y + i + j * S::width, sum[j], rest);
        }
    }
}

}  // namespace detail

/// Appends the new keys and values to the cache, then reads it. out (N, C), qkv (N, 3 C): new tokens only.
template <class P, class Real>
void cached_attention(Lane<P>& lane, Mat<Real> out, CMat<Real> qkv, CacheLayer<std::type_identity_t<Real>> cache,
                      Sequences const& sequences, CachePlaces places, int heads) {
    using S           = Simd<Real>;
    const Index C = out.cols, D = C / heads;
    const Real  scale = Real(1) / std::sqrt(Real(D));
    const auto  mark  = lane.arena.mark();
    Real*       s     = lane.arena.template take<Real>(1, cache.capacity + S::width).data;
    for (int b = 0; b < sequences.count; ++b) {
        const Index first = sequences.starts[b], fresh = sequences.starts[b + 1] - first, past = places.past[b];
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
                detail::weighted_rows<4>(s, qkv.row(first + i) + h * D, D, keys.row(h * D), keys.stride, n);
                Real       top;
                const Real share = Real(1) / softmax_numerators(s, n, n, scale, top);
                Real*      y     = out.row(first + i) + h * D;
                detail::weighted_rows<4>(y, s, n, values.data + h * D, values.stride, D);
                for_vectors<Real>(D, [&](auto at, Index c) { at.store(y + c, at.load(y + c) * share); });
            }
    }
    lane.arena.release(mark);
}

}  // namespace rung::cpu
