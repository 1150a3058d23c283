#pragma once
// The contract of a backend: every operation a model may ask for. The whole list; adding one is a decision.
// Operations are called unqualified, lane first, results next, inputs last; look-up by argument finds the
// backend.

#include <concepts>
#include <type_traits>
#include <vector>

#include "rung/backend/update.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/packed.hpp"
#include "rung/core/sequences.hpp"
#include "rung/core/view.hpp"

namespace rung {

template <class Lane, class Real = typename Lane::real>
concept Backend = requires(Lane& lane, Mat<Real> y, Mat<Real const> x, Packed<Real> w, int const* ids,
                           Sequences const& rows, CacheLayer<Real> cache, CachePlaces places,
                           Dropout const& drop, Real s, int* tokens, double* probabilities) {
    fill(lane, y, s);                 // y  = s
    copy(lane, y, x);                 // y  = x
    add(lane, y, x);                  // y += x
    matmul(lane, y, x, w, x);         // y  = x w + bias
    add_matmul(lane, y, x, x, w, x);  // y = stream + x w + bias
    matmul_nt(lane, y, x, w);         // y  = x wT
    add_matmul_tn(lane, y, x, x);     // y += xT x'
    add_column_sums(lane, y, x);      // y += column sums of x
    gelu(lane, y, y);                 // y, x; x becomes what the backward pass needs of it
    gelu_backward(lane, y, x, x);     // dx; dy, x
    swiglu(lane, y, y);
    swiglu_backward(lane, y, x, x);
    dropout(lane, y, drop, 0u, Index{0});                   // in place; its own backward pass
    layer_norm<8>(lane, y, y, x, x, x);                     // y, stats; x, gain, bias
    add_layer_norm_backward<8>(lane, y, y, y, x, x, x, x);  // dx, dgain, dbias; dy, x, stats, gain
    rms_norm<8>(lane, y, y, x, x);
    add_rms_norm_backward<8>(lane, y, y, x, x, x, x);
    embed(lane, y, x, ids);               // y  = table[ids]
    add_embed(lane, y, x, ids);           // y += table[ids]
    add_embed_backward(lane, y, x, ids);  // dtable[ids] += dy
    rope(lane, y, ids, 1, 1e4);           // in place
    rope_backward(lane, y, ids, 1, 1e4);
    attention<8>(lane, y, y, x, rows);                                  // out, log-sum-exp; qkv
    attention_backward<8>(lane, y, x, x, x, x, rows);                   // dqkv; dout, out, log-sum-exp, qkv
    cached_attention(lane, y, x, cache, rows, places, 1, true);         // out; qkv of new tokens
    greedy(lane, tokens, probabilities, x, 0);                          // from logits
    { cross_entropy(lane, y, ids, s) } -> std::convertible_to<double>;  // logits become their gradient
};

/// What a trainer asks of the context itself: threads with lanes, the seed, and the optimizer's operations.
template <class Context, class Real = typename Context::real>
concept BackendContext = requires(Context& ctx, Mat<Real> gradients, Real* w,
                                  std::vector<Chunk> const& chunks, AdamWStep const& step) {
    { ctx.seed() } -> std::convertible_to<std::uint64_t>;
    { ctx.slices() } -> std::convertible_to<int>;
    { ctx.threads() } -> std::convertible_to<int>;
    ctx.for_slices(1, [](auto&, int) {});
    { ctx.panels(Index{}) } -> std::convertible_to<Real*>;
    pack(ctx, w, w, std::vector<PackedPlace>{});
    { sum_gradients(ctx, gradients, chunks) } -> std::convertible_to<double>;
    adamw(ctx, w, w, w, w, chunks, step);
};

}  // namespace rung
