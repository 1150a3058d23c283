#pragma once
// Batches on their way to the GPU, with what attention wants to know of them; and results on their way back.

#include <bit>
#include <numeric>

#include "rung/backend/cuda/body/attention.hpp"
#include "rung/backend/cuda/body/flash.hpp"
#include "rung/backend/cuda/context.hpp"
#include "rung/core/cache.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cuda {

/// What Sequences::plan points to here.
struct Plan {
    Index            rows;    ///< N
    Bounds           bounds;  ///< (N, 2) a row's sequence: first row, end
    FlashTile const* tiles;   ///< of all sequences; with a cache, of prompts, of which it has nothing yet
    int              tile_count;
    int const*       tiles_before;  ///< on the host, (sequences + 1): those of the sequences before each one
    int              longest;       ///< tokens of a sequence
    int const *      slots, *places;  ///< (N) where a row's key and value go in the cache, if there is one
    int const*       others;          ///< (other_count) where there are prompts, rows that are no prompt's
    int              other_count;
    int              last;  ///< place that go_on() may reach
    int              held;  ///< tokens that the fullest sequence then has there
};

inline Plan const& plan_of(Sequences const& rows) {
    RUNG_CHECK(rows.plan, "cuda: sequences; got some that placed() did not make");
    return *static_cast<Plan const*>(rows.plan);
}

/// Tiles of these sequences, which may be the first ones of those that were placed.
inline int tiles_of(Sequences const& rows) {
    Plan const& plan = plan_of(rows);
    return rows.rows() < plan.rows ? plan.tiles_before[rows.count] : plan.tile_count;
}

/// Rounded up to one of sixteen sizes between two powers of two.
inline Index one_of_few_sizes(Index n) {
    const Index step = std::max<Index>(Index(std::bit_ceil(std::size_t(n))) / 32, 16);
    return (n + step - 1) / step * step;
}

/// Where operations read the batch. Batches with targets or with a cache are filled up to one of a few sizes, with
/// tokens that nobody grades or asks and that see each other alone: steps whose sizes come again are started as graphs,
/// with plans of products that are known, and gradients gain nothing but zeros.
template <class T>
Sequences placed(Lane<T>& lane, Sequences const& rows, CachePlaces cache = {}) {
    static constexpr int height = 16 * FlashForward<16>::warps;  // rows of a tile
    const Index          real = rows.rows(), graded = rows.graded ? rows.graded_count : real;
    // Training fills up graded rows with rows of their own; decoding has a row ask again, unheard.
    const bool             trains = rows.targets != nullptr, asks = cache.slots && cache.spare >= 0;
    const Index            least  = trains && rows.graded ? one_of_few_sizes(graded) : graded;
    const Index            N      = trains || asks ? one_of_few_sizes(real + least - graded) : real;
    const Index            wanted = asks ? one_of_few_sizes(graded) : rows.graded ? least : N;
    std::vector<FlashTile> tiles;
    std::vector<int>       others;
    std::vector<int>       starts(rows.starts, rows.starts + rows.count + 1);
    int                    longest = 1;
    for (int b = 0; b < rows.count; ++b) longest = std::max(longest, rows.starts[b + 1] - rows.starts[b]);
    const int most = asks ? 1 : std::min(height, longest);  // a bias reaches no further than the batch needs
    while (starts.back() < N) starts.push_back(int(std::min<Index>(N, starts.back() + most)));
    Plan& plan        = *lane.notes.template take<Plan>(1, 1).data;
    plan              = {};
    plan.rows         = N;
    const auto before = lane.notes.template take<int>(1, Index(starts.size()));
    // Of every row: its slot and its place in the cache, or where its sequence begins and ends.
    const auto slots  = lane.template upload_room<int>(cache.slots ? N : 0),
               places = lane.template upload_room<int>(cache.slots ? N : 0),
               bounds = lane.template upload_room<int>(cache.slots ? 0 : 2 * N);
    for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
        const int first = starts[b], end = starts[b + 1];
        before.data[b]   = int(tiles.size());
        plan.longest     = std::max(plan.longest, end - first);
        const bool there = b < std::size_t(rows.count);
        const int  past  = cache.past && there ? cache.past[b] : 0;
        plan.held        = std::max(plan.held, past + end - first);
        if (cache.slots) {
            std::fill(slots.here + first, slots.here + end, there ? cache.slots[b] : cache.spare);
            std::iota(places.here + first, places.here + end, past);
        }
        // Whether a sequence is a prompt does not depend on those beside it: nor must its bits.
        if (cache.slots && (past > 0 || end - first == 1))
            for (int row = first; row < end; ++row) others.push_back(row);
        else
            for (int row = first; row < end; row += height) tiles.push_back({row, first, end});
        if (!cache.slots)
            for (int row = first; row < end; ++row)
                bounds.here[2 * row] = first, bounds.here[2 * row + 1] = end;
    }
    if (trains || asks) tiles.resize(std::size_t(one_of_few_sizes(Index(tiles.size()))));  // of no rows
    if (trains) plan.longest = (plan.longest + 15) / 16 * 16;
    if (cache.slots) plan.slots = slots.there, plan.places = places.there;
    else plan.bounds = bounds.there;
    plan.tiles        = lane.upload(tiles.data(), Index(tiles.size()));
    plan.tile_count   = int(tiles.size());
    plan.tiles_before = before.data;
    if (!tiles.empty() && !others.empty()) {
        if (asks) others.resize(std::size_t(one_of_few_sizes(Index(others.size()))), others[0]);
        plan.others = lane.upload(others.data(), Index(others.size()));
    }
    plan.other_count = int(others.size());

    Sequences there = rows;
    plan.last       = cache.last;
    there.tokens    = lane.upload_ids(rows.tokens, real, N, 0, 0);
    there.positions = lane.upload_ids(rows.positions, real, N, 0, 0, cache.last);
    if (rows.graded)
        there.graded       = lane.upload_ids(rows.graded, graded, wanted, asks ? 0 : int(real), asks ? 0 : 1),
        there.graded_count = wanted;
    if (rows.targets) there.targets = lane.upload_ids(rows.targets, graded, wanted, -1, 0);
    const auto kept = lane.notes.template take<int>(1, Index(starts.size()));
    std::copy(starts.begin(), starts.end(), kept.data);
    if (rows.passes) {  // what fills a batch up loops as often as the sequence that does least
        const auto passes = lane.notes.template take<int>(1, Index(starts.size()));
        std::copy_n(rows.passes, rows.count, passes.data);
        std::fill(passes.data + rows.count, passes.data + passes.cols, rows.passes[rows.count - 1]);
        there.passes = passes.data;
    }
    there.starts = kept.data, there.count = int(starts.size()) - 1;
    there.plan = &plan;
    return there;
}

/// Where operations read these ids.
template <class T>
int const* placed(Lane<T>& lane, int const* ids, Index count) {
    return lane.upload_ids(ids, count);
}

/// A copy for the host, in single precision. Waits.
template <class T, class From>
Mat<float const> fetched(Lane<T>& lane, Mat<From> x) {
    const auto there = lane.notes.template take<float>(x.rows, x.cols);
    RUNG_CHECK(x.stride == x.cols, "cuda: fetched: stride; got ", x.stride, ", wanted ", x.cols);
    auto const* const raw = lane.download(x.data, x.size());
    lane.wait();
    for (Index i = 0; i < x.size(); ++i) there.data[i] = widen(raw[i]);
    return there;
}

}  // namespace rung::cuda
