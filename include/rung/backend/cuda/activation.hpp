#pragma once
// Activations, alone and as gates.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/linear.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// y = A(x); x becomes the slope that the backward pass needs, if that is kept.
template <Activation A, class T>
void activate(Lane<T>& lane, Mat<T> y, Mat<T> x, Keep keep = Keep::slopes) {
    const Activate<A, T> body{detail::whole(y, "activate"), detail::whole(x, "activate"),
                              detail::count_of(y, "activate"), keep == Keep::slopes};
    lane.queue.launch(body.items(), body);
}

/// dx = dy times the slopes that activate left. dx may be either.
template <class T>
void activate_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> slopes) {
    const ActivateBackward<T> body{
        detail::whole(dx, "activate_backward"), detail::whole(dy, "activate_backward"),
        detail::whole(slopes, "activate_backward"), detail::count_of(dx, "activate_backward")};
    lane.queue.launch(body.items(), body);
}

/// The same, and dbias (or nothing) += column sums of dx.
template <class T>
void activate_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> slopes, Mat<float> dbias) {
    if (dbias.empty() || dx.rows == 0) return activate_backward(lane, dx, dy, slopes);
    detail::add_columns(
        lane, dx.rows,
        SlopeTerm<T>{detail::whole(dx, "activate_backward"), detail::whole(dy, "activate_backward"),
                     detail::whole(slopes, "activate_backward"), int(dx.cols)},
        dbias);
}

/// y (N, H) = A(gate) up of x = [gate | up] (N, 2 H), which becomes the slopes that the backward pass needs, if they
/// are kept.
template <Activation A, class T>
void activate_gate(Lane<T>& lane, Mat<T> y, Mat<T> x, Keep keep = Keep::slopes) {
    const ActivateGate<A, T> body{detail::whole(y, "activate_gate"), detail::whole(x, "activate_gate"),
                                  int(y.cols), keep == Keep::slopes};
    lane.queue.launch(body.items(y.rows), body);
}

/// dx (N, 2 H) from dy (N, H) and the slopes that activate_gate left. dx may be these.
template <class T>
void activate_gate_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> slopes) {
    const ActivateGateBackward<T> body{detail::whole(dx, "activate_gate_backward"),
                                       detail::whole(dy, "activate_gate_backward"),
                                       detail::whole(slopes, "activate_gate_backward"), int(dy.cols)};
    lane.queue.launch(body.items(dy.rows), body);
}

/// y = cap tanh(x / cap). x becomes the slopes, if they are kept; else y may be x.
template <class T>
void soft_cap(Lane<T>& lane, Mat<T> y, Mat<T> x, double cap, Keep keep = Keep::slopes) {
    const SoftCap<T> body{detail::whole(y, "soft_cap"), detail::whole(x, "soft_cap"),
                          detail::count_of(y, "soft_cap"), float(cap), keep == Keep::slopes};
    lane.queue.launch(body.items(), body);
}

}  // namespace rung::cuda
