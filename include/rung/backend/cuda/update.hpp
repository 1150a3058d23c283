#pragma once
// Weights for products, and new weights from gradients.

#include <span>
#include <vector>

#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/body/update.hpp"
#include "rung/backend/cuda/context.hpp"

namespace rung::cuda {

// None of these submits: they are of one list with what is asked for after or before them.

/// Makes the copy of all weights that products read. There are no panels.
template <class T>
float const* packed(Context<T>& ctx, float const* weights, Index count, Index, std::span<PackedPlace const>) {
    auto& lane = ctx.lane();
    lane.reset();
    if constexpr (std::is_same_v<T, bf16>)
        lane.queue.launch(count, Convert{weights, lane.narrow_copy_of(weights, count)});
    return nullptr;
}

/// Brings the gradient's norm within `bound` (0: whatever it is) and takes one step of AdamW. `squared_norm`, one of
/// the step's results, is that before. Where it is not finite, *failed becomes 1; where that is not 0, weights and
/// moments stay as they are. One such step between begin_step() and end_step().
template <class T>
void clip_and_update(Context<T>& ctx, float* weights, float* mean, float* square, Mat<float> gradients,
                     std::span<Chunk const> chunks, AdamWStep const& step, double bound, double* squared_norm,
                     float* failed) {
    auto&       lane  = ctx.lane();
    const Index count = gradients.cols;
    RUNG_CHECK(gradients.rows == 1, "cuda: clip_and_update: slices; got ", gradients.rows, ", wanted 1");
    lane.reset();
    SquaredNorm norm{};
    norm.x = gradients.data, norm.count = count, norm.run = 4096;
    norm.square = squared_norm, norm.failed = failed, norm.arrived = lane.counters(1);
    norm.partial = lane.arena.template take<double>(1, norm.items()).data;
    lane.queue.launch(norm.items(), norm);

    std::vector<Index> ends;  // of runs of neighbours that are treated alike
    std::vector<char>  decayed;
    for (auto const& chunk : chunks) {
        if (decayed.empty() || decayed.back() != chunk.decayed)
            ends.push_back(0), decayed.push_back(chunk.decayed);
        ends.back() = chunk.first + chunk.count;
    }
    AdamW body{};
    body.rates   = lane.set(AdamWRates::of(step));
    body.weights = weights, body.mean = mean, body.square = square, body.gradient = gradients.data;
    body.ends    = lane.set(ends.data(), Index(ends.size()));
    body.decayed = reinterpret_cast<bool const*>(lane.set(decayed.data(), Index(decayed.size())));
    body.runs = int(ends.size()), body.squared_norm = squared_norm, body.failed = failed,
    body.bound = float(bound), body.count = count;
    lane.queue.launch(body.items(), body);
}

/// average += share (weights - average), unless *failed. Once between begin_step() and end_step().
template <class T>
void move_towards(Context<T>& ctx, float* average, float const* weights, std::span<Chunk const> chunks,
                  double share, float const* failed) {
    auto& lane = ctx.lane();
    lane.reset();
    const Index count = chunks.empty() ? 0 : chunks.back().first + chunks.back().count;
    lane.queue.launch(count, MoveTowards{average, weights, failed, lane.set(float(share))});
}

}  // namespace rung::cuda
