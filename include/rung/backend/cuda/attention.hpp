#pragma once
// Attention: on tensor cores where activations are bf16 and the head has a size for it, in single precision
// otherwise.

#include "rung/backend/cuda/body/bias.hpp"
#include "rung/backend/cuda/body/cached.hpp"
#include "rung/backend/cuda/placed.hpp"
#include "rung/backend/cuda/pointwise.hpp"
#include "rung/core/look.hpp"

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

inline Index longest(Sequences const& rows) {
    Index most = 0;
    for (int b = 0; b < rows.count; ++b) most = std::max<Index>(most, rows.starts[b + 1] - rows.starts[b]);
    return most;
}

/// As bodies read it, once it fits.
inline Sight sight(Look<float> const& look, HeadGroups groups, Index longest, char const* what) {
    look.check(groups.heads, longest, what);
    return {look.bias.empty() ? nullptr : whole(look.bias, what), int(look.reach), int(groups.kv), look.mask,
            look.by};
}

/// work.operator()<whether there is a bias>()
template <class Work>
void with_or_without(Look<float> const& look, Work&& work) {
    if (look.bias.empty()) work.template operator()<false>();
    else work.template operator()<true>();
}

}  // namespace detail

/// out = softmax(q kT / sqrt(D) + bias) v per head, each token seeing what the mask leaves it.
/// out (N, C); lse (N, H): log-sum-exp of each query's scores; qkv (N, (H + 2 KV) D), see HeadGroups.
template <int D, class T>
void attention(Lane<T>& lane, Mat<T> out, Mat<float> lse, CMat<T> qkv, Sequences const& rows,
               Look<float> const& look = {}) {
    auto const& plan   = plan_of(rows);
    const auto  groups = HeadGroups::of(qkv.cols, out.cols, D, "attention");
    const auto  sight  = detail::sight(look, groups, detail::longest(rows), "attention");
    const int   heads  = int(groups.heads);
    T const*    from   = detail::whole(qkv, "attention");
    T* const    to     = detail::whole(out, "attention");
    if constexpr (detail::has_flash<D, T>)
        detail::with_or_without(look, [&]<bool biased>() {
            lane.queue.launch(Index{tiles_of(rows)} * heads,
                              FlashForward<D, biased>{from, to, lse.data, plan.tiles, heads, sight});
        });
    else
        detail::launch_shared(lane.queue, out.rows * heads,
                              Attention<T>{from, to, lse.data, plan.bounds, heads, D, plan.longest, sight},
                              "attention");
}

/// dqkv (N, (H + 2 KV) D) from dout (N, C) and what the forward pass read and wrote.
/// @param dbias  (entries, H) gets the gradient of look.bias added; empty: nobody asks for it
template <int D, class T>
void attention_backward(Lane<T>& lane, Mat<T> dqkv, CMat<T> dout, CMat<T> out, Mat<float const> lse,
                        CMat<T> qkv, Sequences const& rows, Look<float> const& look = {},
                        Mat<float> dbias = {}) {
    auto const&    plan    = plan_of(rows);
    const auto     groups  = HeadGroups::of(qkv.cols, out.cols, D, "attention_backward");
    const Index    longest = detail::longest(rows);
    const auto     sight   = detail::sight(look, groups, longest, "attention_backward");
    const int      heads   = int(groups.heads);
    const auto     mark    = lane.arena.mark();
    float* const   dots    = lane.arena.template take<float>(out.rows, heads).data;
    T const *      from = detail::whole(qkv, "attention"), *slopes = detail::whole(dout, "attention");
    T* const       to    = detail::whole(dqkv, "attention");
    const Index    items = out.rows * heads, key_items = out.rows * groups.kv;
    T const* const made = detail::whole(out, "attention");
    if constexpr (detail::has_flash<D, T>) {
        const auto both = [&](Index of, auto body) { lane.queue.launch(of * tiles_of(rows), body); };
        detail::with_or_without(look, [&]<bool biased>() {
            both(heads, FlashQueryBackward<D, biased>{from, slopes, made, to, lse.data, dots, plan.tiles,
                                                      heads, sight});
            both(groups.kv,
                 FlashKeyBackward<D, biased>{from, slopes, to, lse.data, dots, plan.tiles, heads, sight});
        });
    } else {
        const auto both = [&](Index of, auto body) {
            detail::launch_shared(lane.queue, of, body, "attention_backward");
        };
        lane.queue.launch(items, HeadDots<T>{slopes, made, dots, D});
        both(items, AttentionQueryBackward<T>{from, slopes, to, lse.data, dots, plan.bounds, heads, D,
                                              plan.longest, sight});
        both(key_items, AttentionKeyBackward<T>{from, slopes, to, lse.data, dots, plan.bounds, heads, D,
                                                plan.longest, sight});
    }
    if (!dbias.empty()) {
        RUNG_CHECK(dbias.rows == look.bias.rows && dbias.cols == look.bias.cols,
                   "attention_backward: gradient of the bias; got ", dbias.rows, " x ", dbias.cols,
                   ", wanted ", look.bias.rows, " x ", look.bias.cols);
        const BiasBackward<T> body{from,
                                   slopes,
                                   detail::whole(dbias, "attention_backward"),
                                   lse.data,
                                   dots,
                                   plan.bounds,
                                   plan.tiles,
                                   int(out.rows),
                                   tiles_of(rows),
                                   heads,
                                   D,
                                   std::min(plan.longest, int(look.reach)),
                                   sight};
        lane.queue.launch(body.items(), body);
    }
    lane.arena.release(mark);
}

namespace detail {

/// Attention of prompts, which need nothing of the cache, by flash attention; false: there are none, or no such head.
template <class T>
bool prompts(Lane<T>& lane, Mat<T> out, CMat<T> qkv, Plan const& plan, Look<float> const& look,
             Sight const& sight, int size) {
    const auto by_flash = [&]<int D>() {
        if constexpr (has_flash<D, T>) {
            if (size != D || plan.tile_count == 0) return false;
            const int  heads = int(out.cols / D);
            const auto mark  = lane.arena.mark();
            auto const lse   = lane.arena.template take<float>(out.rows, heads);  // nobody asks for it
            with_or_without(look, [&]<bool biased>() {
                lane.queue.launch(
                    Index{plan.tile_count} * heads,
                    FlashForward<D, biased>{qkv.data, out.data, lse.data, plan.tiles, heads, sight});
            });
            lane.arena.release(mark);
            return true;
        }
        return false;
    };
    return by_flash.template operator()<16>() || by_flash.template operator()<32>() ||
           by_flash.template operator()<64>() || by_flash.template operator()<128>();
}

}  // namespace detail

/// Appends the new keys and values to the cache, then reads it.
/// @param out   (N, C): of the new tokens; or (B, C) in its first rows, of each sequence's last one
/// @param qkv   (N, (H + 2 KV) D): new tokens only, see HeadGroups; the cache has KV heads
/// @param last  whether only the last token of each sequence, the graded rows, asks
/// @param look  causal
template <class T>
void cached_attention(Lane<T>& lane, Mat<T> out, CMat<T> qkv, CacheLayer<std::type_identity_t<T>> cache,
                      Sequences const& rows, CachePlaces, int heads, bool last = false,
                      Look<float> const& look = {}) {
    auto const& plan = plan_of(rows);
    const int   D = int(out.cols / heads), capacity = int(cache.capacity);
    const auto  groups = HeadGroups::of(qkv.cols, out.cols, D, "cached_attention");
    const int   kv     = int(groups.kv);
    RUNG_CHECK(plan.slots && (!last || rows.graded),
               "cached_attention: sequences; got some without places in a cache");
    RUNG_CHECK(plan.held <= capacity, "cached_attention: tokens of a sequence; got ", plan.held,
               ", wanted at most ", capacity);
    RUNG_CHECK(cache.heads == kv, "cached_attention: heads of the cache; got ", cache.heads, ", wanted ", kv);
    RUNG_CHECK(look.mask == Mask::causal, "cached_attention: mask; got none, wanted a causal one");
    const auto sight    = detail::sight(look, groups, std::max(plan.held, plan.last + 1), "cached_attention");
    T const* const from = detail::whole(qkv, "cached_attention");
    // Where all come alone, each is appended by those who ask for it.
    const bool at_once = CachedAttention<T, true>::row_at_once(D), alone = at_once && qkv.rows == rows.count;
    if (!alone) {
        const Append<T> body{from, cache.rows.data, plan.slots, plan.places, heads, D, capacity, kv};
        lane.queue.launch(body.items(qkv.rows), body);
    }
    const bool  flash  = !last && detail::prompts(lane, out, qkv, plan, look, sight, D);
    const Index asking = last ? rows.graded_count : flash ? plan.other_count : qkv.rows;
    const auto  body   = [&]<bool at_once>() {
        return CachedAttention<T, at_once>{
            from,       cache.rows.data, out.data, last ? rows.graded : flash ? plan.others : nullptr,
            plan.slots, plan.places,     heads,    D,
            capacity,   sight,           !flash,   alone};
    };
    if (at_once) lane.queue.launch(asking * heads, body.template operator()<true>());
    else
        detail::launch_shared(lane.queue, asking * heads, body.template operator()<false>(),
                              "cached_attention");
}

}  // namespace rung::cuda
