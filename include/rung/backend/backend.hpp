#pragma once
// The contract of a backend: every operation a model may ask for. The whole list; adding one is a decision.
// Operations are called unqualified, lane first, results next, inputs last; look-up by argument finds the
// backend.

#include <concepts>
#include <span>
#include <type_traits>

#include "rung/backend/activation.hpp"
#include "rung/backend/fire.hpp"
#include "rung/backend/loss.hpp"
#include "rung/backend/rotation.hpp"
#include "rung/backend/update.hpp"
#include "rung/core/buffer.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/look.hpp"
#include "rung/core/packed.hpp"
#include "rung/core/scalar.hpp"
#include "rung/core/sequences.hpp"
#include "rung/core/view.hpp"

namespace rung {

/// Activations are Real; statistics of them, weights and gradients of weights are Acc<Real>.
template <class Lane, class Real = typename Lane::real>
concept Backend = requires(Lane& lane, Mat<Real> y, Mat<Real const> x, Mat<Acc<Real>> sums,
                           Mat<Acc<Real> const> stats, Packed<Acc<Real>> w, int const* ids,
                           Sequences const& rows, CacheLayer<Real> cache, CachePlaces places,
                           Look<Acc<Real>> const& look, FireNet<Acc<Real> const> const& net,
                           FireNet<Acc<Real>> const& dnet, Dropout const& drop, Acc<Real> s, int* tokens,
                           double* number) {
    { placed(lane, rows) } -> std::convertible_to<Sequences>;           // where operations read them
    { placed(lane, rows, places) } -> std::convertible_to<Sequences>;   // the same, for cached_attention
    { placed(lane, ids, Index{}) } -> std::convertible_to<int const*>;  // ids of rows, for gather
    { fetched(lane, x) } -> std::convertible_to<Mat<Acc<Real> const>>;  // where the host reads it
    fill(lane, y, s);                                                   // y  = s
    copy(lane, y, x);                                                   // y  = x
    add(lane, y, x);                                                    // y += x
    matmul(lane, y, x, w, stats);                                       // y  = x w + bias
    add_matmul(lane, y, x, x, w, stats);                                // y = stream + x w + bias
    matmul_nt(lane, y, x, w);                                           // y  = x wT
    add_matmul_tn(lane, sums, x, x);                                    // sums += xT x'
    // Operations that may be done at any time until join(); what they read stays so long. And y, or as much scratch
    // memory where such operations may read y.
    beside(lane, [] {}), join(lane);
    { in_place_of(lane, y) } -> std::convertible_to<Mat<Real>>;
    add_column_sums(lane, sums, x);                        // sums += column sums of x
    activate<Activation::gelu>(lane, y, y, Keep::slopes);  // y, x; x becomes what the next two read, if kept
    activate_backward<Activation::gelu>(lane, y, x, x);    // dx; dy, what was kept
    activate_backward<Activation::gelu>(lane, y, x, x, sums);  // and sums += column sums of dx
    // y = act(x w + bias), h, x, w, bias; and back: dx = (dy wT) act'(what was kept), sums += column sums of dx
    matmul_activate<Activation::gelu>(lane, y, y, x, w, stats, Keep::slopes);
    matmul_nt_activate_backward<Activation::gelu>(lane, y, x, w, x, sums);
    activate_gate<Activation::silu>(lane, y, y, Keep::nothing);  // y (N, H); x = [gate | up]
    activate_gate_backward<Activation::silu>(lane, y, x, x);
    soft_cap(lane, y, y, 30.0, Keep::slopes);  // y = cap tanh(x / cap), x, cap
    soft_cap_backward(lane, y, x, x, 30.0);    // dx; dy, what was kept
    dropout(lane, y, drop, 0u, Index{0});      // in place; its own backward pass
    add_row(lane, y, stats);                   // y += a row
    mix(lane, y, y, x, x);                     // y = g x + (1 - g) x' with g = sigmoid(h), left in h
    mix_backward(lane, y, y, y, x, x, x);      // dh, dx' (added), dy, which becomes dx; g, x, x'
    fill_normal(lane, y, 1.0, drop, ids, 0);  // y = N(0, deviation), alike for an id; no ids: for no two rows
    layer_norm<8>(lane, y, sums, x, stats, stats);  // y, stats; x, gain, bias
    add_layer_norm_backward<8>(lane, y, sums, sums, x, x, stats,
                               stats);  // dx, dgain, dbias; dy, x, stats, gain
    rms_norm<8>(lane, y, sums, x, stats);
    add_rms_norm_backward<8>(lane, y, sums, x, x, stats, stats);
    head_norm<8>(lane, y, y, sums, stats);  // in place, of each head; x / rms, 1 / rms; gain
    add_head_norm_backward<8>(lane, y, sums, x, stats, stats);  // d in place, dgain; x / rms, 1 / rms, gain
    embed(lane, y, w, ids);                                     // y  = table[ids]
    add_embed(lane, y, w, ids);                                 // y += table[ids]
    add_embed_backward(lane, sums, x, ids);                     // dtable[ids] += dy
    gather(lane, y, x, ids);                                    // y  = x[ids]
    add_scatter(lane, y, x, ids);                               // y[ids] += x, no id twice
    rope(lane, y, ids, 1, Rotation{});                          // in place; positions, heads
    rope_backward(lane, y, ids, 1, Rotation{});
    add_sinusoids(lane, y, ids, 1e4, s);         // y += s [cos | sin]; positions, theta, s
    attention<8>(lane, y, sums, x, rows, look);  // out, log-sum-exp; qkv
    attention_backward<8>(lane, y, x, x, stats, x, rows, look,
                          sums);  // dqkv; dout, out, log-sum-exp, qkv; dbias
    cached_attention(lane, y, x, cache, rows, places, 1, true, look);  // out; qkv of new tokens
    carry(lane, cache, cache, rows, places);  // keys and values of new tokens into one cache from another
    {
        lane.constants(nullptr, 1, 1, [](Index, Index) { return 0.0; })
        } -> std::convertible_to<Mat<Acc<Real> const>>;
    combine(lane, sums, stats, stats);                 // table of biases; features, w
    add_combine_backward(lane, sums, stats, stats);    // dw; dtable, features
    kerple(lane, sums, stats, 1);                      // table; w
    add_kerple_backward(lane, sums, stats, stats, 1);  // dw; dtable, w
    fire(lane, sums, net, {}, 1, Mask::causal);        // table; weights
    add_fire_backward(lane, dnet, stats, net, {}, 1, Mask::causal);
    greedy(lane, tokens, number, x, 0);                   // from logits, probabilities with them
    { Lane::spare_slots } -> std::convertible_to<int>;    // of a cache, beside those of sequences
    { Lane::prompt_rows } -> std::convertible_to<Index>;  // of a step, with which it takes no more prompts in
    // Steps of decoding in one go; from 2 up there are also go_on(), and steps(parameters, rows), at most as many.
    { Lane::most_steps } -> std::convertible_to<int>;
    // The loss is added to a result; logits become the gradient of it and what the options add.
    add_cross_entropy(lane, number, y, ids, s, LossOptions{});
};

/// What a trainer asks of the context itself: lanes, memory, the seed, and the optimizer.
template <class Context, class Real = Acc<typename Context::real>>
concept BackendContext = requires(Context& ctx, Mat<Real> gradients, Real* w, std::span<Chunk const> chunks,
                                  AdamWStep const& step, std::span<PackedPlace const> places,
                                  double* number) {
    { ctx.seed() } -> std::convertible_to<std::uint64_t>;
    { ctx.slices() } -> std::convertible_to<int>;
    { ctx.threads() } -> std::convertible_to<int>;
    ctx.for_slices(1, [](auto&, int) {});
    { ctx.memory() } -> std::convertible_to<Memory const&>;      // of what operations read, and the host too
    { ctx.own_memory() } -> std::convertible_to<Memory const&>;  // of what operations alone read; not zeroed
    // A step begins: zeros for operations to add to; it has been asked for: its number; it is done: what was added up,
    // until `ahead` more begin.
    { ctx.begin_step(1) } -> std::convertible_to<double*>;
    { ctx.end_step() } -> std::convertible_to<long>;
    { ctx.wait_for(1L) } -> std::convertible_to<double const*>;
    { Context::ahead } -> std::convertible_to<int>;  // steps that may be under way at once
    ctx.wait();  // until all that was asked for is done: the host may read and write what operations do
    { ctx.piece(Index{}, Index{}) } -> std::convertible_to<Index>;  // rows at a time; width, parameters
    { ctx.places(Index{}) } -> std::convertible_to<int>;  // sequences a lane decodes at a time; parameters
    // For products until the weights change; their count, their panels' size, where they stand -> panels, or null.
    { packed(ctx, w, Index{}, Index{}, places) } -> std::convertible_to<Real const*>;
    clip_and_update(ctx, w, w, w, gradients, chunks, step, 1.0, number, w);  // squared norm; failed
    move_towards(ctx, w, w, chunks, 0.1, w);  // y += share (x - y), unless failed
};

}  // namespace rung
