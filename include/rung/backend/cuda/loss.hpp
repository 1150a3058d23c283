#pragma once
// From logits to a loss and its gradient, or to a token.

#include "rung/backend/cuda/body/loss.hpp"
#include "rung/backend/cuda/placed.hpp"
#include "rung/backend/cuda/pointwise.hpp"
#include "rung/backend/loss.hpp"

namespace rung::cuda {

/// *loss += sum over graded rows of -log softmax(logits_i)[target_i], whatever the options; logits become scale times
/// the gradient of the objective, which has their terms.
/// @param loss     one of the zeros of Context::begin_step
/// @param targets  (N); -1 marks a row that is read but never graded
template <class T>
void add_cross_entropy(Lane<T>& lane, double* loss, Mat<T> logits, int const* targets, float scale,
                       LossOptions const& options = {}) {
    if (logits.rows == 0) return;
    join(lane);  // an earlier one of the same loss
    float* const each = lane.arena.template take<float>(1, logits.rows).data;  // until the lane's reset()
    lane.check_ids(targets, logits.rows, logits.cols, "cross_entropy", -1);
    lane.queue.launch(logits.rows, CrossEntropy<T>{detail::whole(logits, "cross_entropy"), targets, each,
                                                   int(logits.cols), lane.upload(scale),
                                                   float(options.label_smoothing), float(options.z_loss)});
    beside(lane, [&] { lane.queue.launch(1, AddLosses{each, loss, logits.rows}); });
}

/// tokens[i] = the largest logit of row i among columns `first` and up, the lowest of equals; probabilities[i] = its
/// share under the softmax of those columns.  Both are the host's: waits.
template <class T>
void greedy(Lane<T>& lane, int* tokens, double* probabilities, CMat<T> logits, int first) {
    const Index  N      = logits.rows;
    const auto   mark   = lane.arena.mark();
    int* const   chosen = lane.arena.template take<int>(1, N).data;
    float* const likely = lane.arena.template take<float>(1, N).data;
    lane.queue.launch(N, Greedy<T>{detail::whole(logits, "greedy"), chosen, likely, int(logits.cols), first});
    int const* const   chosen_here = lane.download(chosen, N);
    float const* const likely_here = lane.download(likely, N);
    lane.wait();
    std::copy_n(chosen_here, N, tokens), std::copy_n(likely_here, N, probabilities);
    lane.arena.release(mark);
}

/// The most likely tokens of `logits`, without a look at them, as the next inputs of `rows`, one of each sequence: the
/// next step may follow at once. Tokens and their probabilities, (N) each, stay on the GPU.
template <class T>
void go_on(Lane<T>& lane, int* tokens, float* probabilities, Sequences const& rows, CMat<T> logits,
           int first) {
    auto const& plan = plan_of(rows);
    const Index N    = rows.rows();
    RUNG_CHECK(logits.rows == N && plan.slots && plan.last >= 0,
               "go_on: rows; got some that were not placed for several steps of one token each");
    lane.queue.launch(
        N, Greedy<T>{detail::whole(logits, "go_on"), tokens, probabilities, int(logits.cols), first});
    lane.queue.launch(N, GoOn{tokens, const_cast<int*>(rows.tokens), const_cast<int*>(rows.positions),
                              const_cast<int*>(plan.places), plan.last});
}

}  // namespace rung::cuda
