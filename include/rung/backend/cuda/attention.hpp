#pragma once
// Causal attention: on tensor cores where activations are bf16 and the head has a size for it, in single precision
// otherwise.

#include "rung/backend/cuda/body/cached.hpp"
#include "rung/backend/cuda/placed.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

namespace detail {

template <int D, class T>
inline constexpr bool has_flash = std::is_same_v<T, bf16> && (D == 16 || D == 32 || D == 64 || D == 128);

inline constexpr int shared_limit = 48 << 10;  // bytes of a block that nothing has to be asked for

/// Throws where a block would need more shared memory than there is.
template <class Body>
void launch_shared(Queue& queue, Index items, Body const& body, char const* what) {
    RUNG_CHECK(body.shared() <= shared_limit, what, ": shared memory for the longest sequence; got ",
               body.shared(), " bytes, wanted at most ", shared_limit);
    queue.launch(items, body);
}

}  // namespace detail

/// out = softmax(q kT / sqrt(D)) v per head, each token seeing itself and what came before.
/// out (N, C); lse (N, H): log-sum-exp of each query's scaled scores; qkv (N, 3 C).
template <int D, class T>
void attention(Lane<T>& lane, Mat<T> out, Mat<float> lse, CMat<T> qkv, Sequences const& rows) {
    const int   heads = int(out.cols / D);
    auto const& plan  = plan_of(rows);
    T const*    from  = detail::whole(qkv, "attention");
    T* const    to    = detail::whole(out, "attention");
    if constexpr (detail::has_flash<D, T>)
        lane.queue.launch(Index{plan.tile_count} * heads,
                          FlashForward<D>{from, to, lse.data, plan.tiles, heads});
    else
        detail::launch_shared(lane.queue, out.rows * heads,
                              Attention<T>{from, to, lse.data, plan.bounds, heads, D, plan.longest},
                              "attention");
}

/// dqkv (N, 3 C) from dout (N, C) and what the forward pass read and wrote.
template <int D, class T>
void attention_backward(Lane<T>& lane, Mat<T> dqkv, CMat<T> dout, CMat<T> out, Mat<float const> lse,
                        CMat<T> qkv, Sequences const& rows) {
    const int    heads = int(out.cols / D);
    auto const&  plan  = plan_of(rows);
    const auto   mark  = lane.arena.mark();
    float* const dots  = lane.arena.template take<float>(out.rows, heads).data;
    T const *    from = detail::whole(qkv, "attention"), *slopes = detail::whole(dout, "attention");
    T* const     to    = detail::whole(dqkv, "attention");
    const Index  items = out.rows * heads, tiles = Index{plan.tile_count} * heads;
    lane.queue.launch(items, HeadDots<T>{slopes, detail::whole(out, "attention"), dots, D});
    if constexpr (detail::has_flash<D, T>) {
        lane.queue.launch(tiles, FlashQueryBackward<D>{from, slopes, to, lse.data, dots, plan.tiles, heads});
        lane.queue.launch(tiles, FlashKeyBackward<D>{from, slopes, to, lse.data, dots, plan.tiles, heads});
    } else {
        const auto both = [&](auto body) {
            detail::launch_shared(lane.queue, items, body, "attention_backward");
        };
        both(
            AttentionQueryBackward<T>{from, slopes, to, lse.data, dots, plan.bounds, heads, D, plan.longest});
        both(AttentionKeyBackward<T>{from, slopes, to, lse.data, dots, plan.bounds, heads, D, plan.longest});
    }
    lane.arena.release(mark);
}

/// Appends the new keys and values to the cache, then reads it.
/// @param out   (N, C): of the new tokens; or (B, C) in its first rows, of each sequence's last one
/// @param qkv   (N, 3 C): new tokens only
/// @param last  whether only the last token of each sequence, the graded rows, asks
template <class T>
void cached_attention(Lane<T>& lane, Mat<T> out, CMat<T> qkv, CacheLayer<std::type_identity_t<T>> cache,
                      Sequences const& rows, CachePlaces, int heads, bool last = false) {
    auto const& plan = plan_of(rows);
    const int   D = int(out.cols / heads), capacity = int(cache.capacity);
    RUNG_CHECK(plan.slots && (!last || rows.graded),
               "cached_attention: sequences; got some without places in a cache");
    RUNG_CHECK(plan.held <= capacity, "cached_attention: tokens of a sequence; got ", plan.held,
               ", wanted at most ", capacity);
    const Append<T> body{
        detail::whole(qkv, "cached_attention"), cache.rows.data, plan.slots, plan.places, heads, D, capacity};
    lane.queue.launch(body.items(qkv.rows), body);
    const Index asking = last ? rows.graded_count : qkv.rows;
    detail::launch_shared(
        lane.queue, asking * heads,
        CachedAttention<T>{qkv.data, cache.rows.data, out.data, last ? rows.graded : nullptr, plan.slots,
                           plan.places, heads, D, capacity},
        "cached_attention");
}

}  // namespace rung::cuda
