#pragma once
// Batches on their way to the GPU, with what attention wants to know of them; and results on their way back.

#include "rung/backend/cuda/body/attention.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "rung/backend/cuda/context.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cuda {

/// What Sequences::plan points to here.
struct Plan {
    Bounds           bounds;  ///< (N, 2) a row's sequence: first row, end
    FlashTile const* tiles;   ///< of all sequences
    int              tile_count;
    int              longest;         ///< tokens of a sequence
    int const *      slots, *places;  ///< (N) where a row's key and value go in the cache, if there is one
    int              held;            ///< tokens that the fullest sequence then has there
};

inline Plan const& plan_of(Sequences const& rows) {
    RUNG_CHECK(rows.plan, "cuda: sequences; got some that placed() did not make");
    return *static_cast<Plan const*>(rows.plan);
}

template <class T>
int const* placed(Lane<T>& lane, int const* ids, Index count) {
    return lane.upload_ids(ids, count);
}

template <class T>
Sequences placed(Lane<T>& lane, Sequences const& rows, CachePlaces cache = {}) {
    static constexpr int   height = 16 * FlashForward<16>::warps;  // rows of a tile
    const Index            N      = rows.rows();
    std::vector<FlashTile> tiles;
    std::vector<int>       bounds, slots, places;
    Plan&                  plan = *lane.notes.template take<Plan>(1, 1).data;
    plan                        = {};
    for (int b = 0; b < rows.count; ++b) {
        const int first = rows.starts[b], end = rows.starts[b + 1];
        plan.longest = std::max(plan.longest, end - first);
        if (cache.past) plan.held = std::max(plan.held, cache.past[b] + end - first);
        for (int row = first; row < end; row += height) tiles.push_back({row, first, end});
        for (int row = first; row < end; ++row) {
            bounds.push_back(first), bounds.push_back(end);
            if (cache.slots) slots.push_back(cache.slots[b]), places.push_back(cache.past[b] + row - first);
        }
    }
    plan.bounds     = lane.upload(bounds.data(), Index(bounds.size()));
    plan.tiles      = lane.upload(tiles.data(), Index(tiles.size()));
    plan.tile_count = int(tiles.size());
    if (cache.slots) plan.slots = lane.upload(slots.data(), N), plan.places = lane.upload(places.data(), N);
    Sequences there = rows;
    there.tokens    = lane.upload_ids(rows.tokens, N);
    there.positions = lane.upload_ids(rows.positions, N);
    if (rows.graded) there.graded = lane.upload_ids(rows.graded, rows.graded_count);
    there.plan = &plan;
    return there;
}

/// A copy for the host, in single precision. Waits.
template <class T>
Mat<float const> fetched(Lane<T>& lane, CMat<T> x) {
    const auto there = lane.notes.template take<float>(x.rows, x.cols);
    T* const   raw   = lane.template pinned<T>(x.size());
    RUNG_CHECK(x.stride == x.cols, "cuda: fetched: stride; got ", x.stride, ", wanted ", x.cols);
    copy_bytes(lane.stream, raw, x.data, std::size_t(x.size()) * sizeof(T));
    cuda::wait(lane.stream);
    for (Index i = 0; i < x.size(); ++i) there.data[i] = widen(raw[i]);
    lane.wait();
    return there;
}

}  // namespace rung::cuda
