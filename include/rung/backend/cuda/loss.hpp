#pragma once
// From logits to a loss and its gradient, or to a token.

#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// *loss += sum over graded rows of -log softmax(logits_i)[target_i]; logits become scale times the gradient of that
/// sum.
/// @param loss     one of Context::results
/// @param targets  (N); -1 marks a row that is read but never graded
template <class T>
void add_cross_entropy(Lane<T>& lane, double* loss, Mat<T> logits, int const* targets, float scale) {
    if (logits.rows == 0) return;
    const auto   mark = lane.arena.mark();
    float* const each = lane.arena.template take<float>(1, logits.rows).data;
    lane.check_ids(targets, logits.rows, logits.cols, "cross_entropy", -1);
    launch(lane.stream, logits.rows,
           CrossEntropy<T>{detail::whole(logits, "cross_entropy"), targets, each, int(logits.cols), scale});
    launch(lane.stream, 1, AddLosses{each, loss, logits.rows});
    lane.arena.release(mark);
}

/// tokens[i] = the largest logit of row i among columns `first` and up, the lowest of equals; probabilities[i] = its
/// share under the softmax of those columns.  Both are the host's: waits.
template <class T>
void greedy(Lane<T>& lane, int* tokens, double* probabilities, CMat<T> logits, int first) {
    const Index  N          = logits.rows;
    const auto   mark       = lane.arena.mark();
    int* const   chosen     = lane.arena.template take<int>(1, N).data;
    float* const likely     = lane.arena.template take<float>(1, N).data;
    int* const   chosen_out = lane.template pinned<int>(N);
    float* const likely_out = lane.template pinned<float>(N);
    launch(lane.stream, N,
           Greedy<T>{detail::whole(logits, "greedy"), chosen, likely, int(logits.cols), first});
    copy_bytes(lane.stream, chosen_out, chosen, std::size_t(N) * sizeof(int));
    copy_bytes(lane.stream, likely_out, likely, std::size_t(N) * sizeof(float));
    cuda::wait(lane.stream);
    std::copy_n(chosen_out, N, tokens), std::copy_n(likely_out, N, probabilities);
    lane.wait();
    lane.arena.release(mark);
}

}  // namespace rung::cuda
