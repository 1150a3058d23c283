#pragma once
// Tables of biases (core/mask.hpp) from the weights of positional schemes, and back: single precision throughout.

#include "rung/backend/cuda/body/score_bias.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// table (E, H) = features (E, F) w (F, H).
template <class T>
void combine(Lane<T>& lane, Mat<float> table, Mat<float const> features, Mat<float const> w) {
    lane.queue.launch(table.size(), Combine{detail::whole(features, "combine"), w.data,
                                            detail::whole(table, "combine"), int(w.rows), int(w.cols)});
}
/// dw += featuresT dtable
template <class T>
void add_combine_backward(Lane<T>& lane, Mat<float> dw, Mat<float const> dtable, Mat<float const> features) {
    lane.queue.launch(dw.size(),
                      CombineBackward{detail::whole(features, "combine"), detail::whole(dtable, "combine"),
                                      dw.data, int(dtable.rows), int(dw.rows), int(dw.cols)});
}

/// table (E, H), by distance d: -r1 log(1 + r2 d) with rates r = exp(w), w (2, H) (Chi et al., "KERPLE", 2022).
template <class T>
void kerple(Lane<T>& lane, Mat<float> table, Mat<float const> w, Index reach) {
    lane.queue.launch(table.size(),
                      Kerple{w.data, detail::whole(table, "kerple"), int(table.cols), int(reach)});
}
/// dw (2, H) gets its gradient added.
template <class T>
void add_kerple_backward(Lane<T>& lane, Mat<float> dw, Mat<float const> dtable, Mat<float const> w,
                         Index reach) {
    lane.queue.launch(dw.cols, KerpleBackward{w.data, detail::whole(dtable, "kerple"), dw.data,
                                              int(dtable.rows), int(dw.cols), int(reach)});
}

namespace detail {
template <class T>
FireAt<T> at(FireNet<T> const& net) {
    return {net.scales.data,        net.in.data,      net.in_bias.data,
            whole(net.out, "fire"), int(net.in.cols), int(net.out.cols)};
}
}  // namespace detail

/// table (reach^2, H), by pair; zeros where the mask hides the key.
template <class T>
void fire(Lane<T>& lane, Mat<float> table, FireNet<float const> const& net, FireUnits units, Index reach,
          Mask mask) {
    lane.queue.launch(table.size(),
                      Fire{detail::at(net), detail::whole(table, "fire"), units, int(reach), mask});
}
/// d gets the gradient of the weights added.
template <class T>
void add_fire_backward(Lane<T>& lane, FireNet<float> const& d, Mat<float const> dtable,
                       FireNet<float const> const& net, FireUnits units, Index reach, Mask mask) {
    const auto     mark = lane.arena.mark();
    const Index    W = net.in.cols, H = net.out.cols;
    const auto     sums = lane.arena.template take<float>(W * H, 4);
    const FireSums body{detail::at(net), detail::whole(dtable, "fire"), sums.data, units, int(reach), mask};
    lane.queue.launch(body.items(), body);
    lane.queue.launch(W + 1, FireBackward{detail::at(net), detail::at(d), sums.data});
    lane.arena.release(mark);
}

}  // namespace rung::cuda
