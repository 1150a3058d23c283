#pragma once
// Activations, alone, as gates, and in the epilogues of the products beside them. All leave their input as it is: to
// make a slope again takes less time than to read one.

#include "rung/backend/cuda/body/activation.hpp"
#include "rung/backend/cuda/linear.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// y = A(x)
template <Activation A, class T>
void activate(Lane<T>& lane, Mat<T> y, CMat<T> x, Keep = Keep::slopes) {
    const Activate<A, T> body{detail::whole(y, "activate"), detail::whole(x, "activate"),
                              detail::count_of(y, "activate")};
    lane.queue.launch(body.items(), body);
}

/// dx = dy A'(x); dbias (or nothing) += column sums of it. dx may be either.
template <Activation A, class T>
void activate_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> x, Mat<float> dbias = {}) {
    if (dx.rows == 0) return;
    T* const to   = detail::whole(dx, "activate_backward");
    T const *from = detail::whole(dy, "activate_backward"), *input = detail::whole(x, "activate_backward");
    if (!dbias.empty())
        return detail::add_columns(lane, dx.rows, SlopeTerm<A, T>{to, from, input, int(dx.cols)}, dbias);
    const ActivateBackward<A, T> body{to, from, input, detail::count_of(dx, "activate_backward")};
    lane.queue.launch(body.items(), body);
}

namespace detail {

/// Whether cuBLASLt's products may apply it. In single precision they are not asked to: how exactly they take a tanh is
/// not promised.
template <Activation A, class T>
inline constexpr bool in_epilogue = std::is_same_v<T, bf16> && (A == Activation::gelu);

}  // namespace detail

/// y = A(h) of h = x w + bias (or none), which is left in h if it is kept.  y, h (N, H), x (N, C), w (C, H).
template <Activation A, class T>
void matmul_activate(Lane<T>& lane, Mat<T> y, Mat<T> h, CMat<T> x, Packed<float> w, Mat<float const> bias,
                     Keep keep = Keep::slopes) {
    if (y.empty()) return;
    if constexpr (detail::in_epilogue<A, T>) {
        T const* const of     = bias.empty() ? nullptr : lane.factor(bias.data);
        T const* const factor = lane.factor(w.data);
        if (lane.fused_gelu && detail::in_reach(y, h, x) && detail::in_reach(factor, w.stride) &&
            alignment(of) >= 16) {
            auto            shape = detail::product<T>(y, w.rows, x, w.stride);
            ProductPointers at{.left = x.data, .right = factor, .result = y.data, .bias = of};
            shape.epilogue = of ? Epilogue::gelu_bias : Epilogue::gelu;
            if (keep == Keep::slopes) shape.kept_stride = int(h.stride), at.kept = h.data;
            return lane.queue.multiply(shape, at);
        }
    }
    matmul(lane, h, x, w, bias);
    activate<A>(lane, y, h, keep);
}

/// dh from dy (N, C), the gradient of y = A(h) w, and from h; dbias (or nothing) += column sums of it, perhaps beside.
/// dh, h (N, H), w (H, C).
template <Activation A, class T>
void matmul_nt_activate_backward(Lane<T>& lane, Mat<T> dh, CMat<T> dy, Packed<float> w, CMat<T> h,
                                 Mat<float> dbias) {
    if (dh.empty()) return;
    if constexpr (detail::in_epilogue<A, T>) {
        T const* const factor = lane.factor(w.data);
        if (lane.fused_gelu && detail::in_reach(dh, dy, h) && detail::in_reach(factor, w.stride)) {
            auto shape             = detail::product<T>(dh, w.cols, dy, w.stride);
            shape.right_transposed = true;
            shape.epilogue = Epilogue::gelu_backward, shape.kept_stride = int(h.stride);
            lane.queue.multiply(
                shape, {.left = dy.data, .right = factor, .result = dh.data, .kept = const_cast<T*>(h.data)});
            return beside(lane, [&] { add_column_sums(lane, dbias, dh); });
        }
    }
    matmul_nt(lane, dh, dy, w);
    activate_backward<A>(lane, dh, dh, h, dbias);
}

/// y (N, H) = A(gate) up of x = [gate | up] (N, 2 H).
template <Activation A, class T>
void activate_gate(Lane<T>& lane, Mat<T> y, CMat<T> x, Keep = Keep::slopes) {
    const ActivateGate<A, T> body{detail::whole(y, "activate_gate"), detail::whole(x, "activate_gate"),
                                  int(y.cols)};
    lane.queue.launch(body.items(y.rows), body);
}

/// dx (N, 2 H) from dy (N, H) and x. dx may be x.
template <Activation A, class T>
void activate_gate_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> x) {
    const ActivateGateBackward<A, T> body{detail::whole(dx, "activate_gate_backward"),
                                          detail::whole(dy, "activate_gate_backward"),
                                          detail::whole(x, "activate_gate_backward"), int(dy.cols)};
    lane.queue.launch(body.items(dy.rows), body);
}

/// y = cap tanh(x / cap). y may be x, where x is not kept.
template <class T>
void soft_cap(Lane<T>& lane, Mat<T> y, CMat<T> x, double cap, Keep = Keep::slopes) {
    const SoftCap<T> body{detail::whole(y, "soft_cap"), detail::whole(x, "soft_cap"),
                          detail::count_of(y, "soft_cap"), float(cap)};
    lane.queue.launch(body.items(), body);
}

/// dx = dy times the slopes at x. dx may be either.
template <class T>
void soft_cap_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> x, double cap) {
    const SoftCapBackward<T> body{
        detail::whole(dx, "soft_cap_backward"), detail::whole(dy, "soft_cap_backward"),
        detail::whole(x, "soft_cap_backward"), detail::count_of(dx, "soft_cap_backward"), float(cap)};
    lane.queue.launch(body.items(), body);
}

}  // namespace rung::cuda
