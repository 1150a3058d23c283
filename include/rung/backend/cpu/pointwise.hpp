#pragma once
// Element by element: copies, activations and dropout, through Eigen's vectorised arrays.

#include <Eigen/Core>

#include "rung/backend/cpu/context.hpp"
#include "rung/core/rng.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu {

/// One row of a view as an Eigen array.
template <class Real>
auto array(Real* data, Index size) {
    using Array = Eigen::Array<std::remove_const_t<Real>, Eigen::Dynamic, 1>;
    return Eigen::Map<std::conditional_t<std::is_const_v<Real>, Array const, Array>>(data, size);
}

/// work(row of each view as an array), one pass over memory.
template <class Real, class Work, class... Views>
void for_rows(Index rows, Work&& work, Views... views) {
    for (Index i = 0; i < rows; ++i) work(array(views.row(i), views.cols)...);
}

template <class Real>
void fill(Lane<Real>&, Mat<Real> y, std::type_identity_t<Real> value) {
    for (Index i = 0; i < y.rows; ++i) std::fill_n(y.row(i), y.cols, value);
}

/// y = x
template <class Real>
void copy(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    for (Index i = 0; i < y.rows; ++i) std::copy_n(x.row(i), y.cols, y.row(i));
}

/// y += x
template <class Real>
void add(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    for_rows<Real>(
        y.rows, [](auto y, auto x) { y += x; }, y, x);
}

namespace detail {
template <class Real>
inline constexpr Real gelu_a = Real(-1.5957691216057308);  // -2 sqrt(2 / pi)
template <class Real>
inline constexpr Real gelu_b = Real(0.044715);
}  // namespace detail

/// y = gelu(x) in the tanh form of GPT-2 (Hendrycks and Gimpel, 2016), written with x sigmoid(2 u) = x / 2 (1
/// + tanh u).
template <class Real>
void gelu(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    const Real a = detail::gelu_a<Real>, b = detail::gelu_b<Real>;
    for_rows<Real>(
        y.rows, [&](auto y, auto x) { y = x / (Real(1) + (a * x * (Real(1) + b * x * x)).exp()); }, y, x);
}

/// dx = dy gelu'(x). dx may be dy or x.
template <class Real>
void gelu_backward(Lane<Real>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    const Real      a = detail::gelu_a<Real>, b = detail::gelu_b<Real>;
    constexpr Index block = 256;  // values of the sigmoid held on the stack
    for (Index i = 0; i < dx.rows; ++i)
        for (Index j = 0; j < dx.cols; j += block) {
            const Index                                        n  = std::min(block, dx.cols - j);
            const auto                                         xs = array(x.row(i) + j, n);
            Eigen::Array<Real, Eigen::Dynamic, 1, 0, block, 1> s =
                Real(1) / (Real(1) + (a * xs * (Real(1) + b * xs * xs)).exp());
            array(dx.row(i) + j, n) = array(dy.row(i) + j, n) *
                                      (s - a * xs * (Real(1) + Real(3) * b * xs * xs) * s * (Real(1) - s));
        }
}

/// y = silu(gate) up (Shazeer, "GLU variants improve transformer", 2020).  y (N, H), x = [gate | up] (N, 2
/// H).
template <class Real>
void swiglu(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    for_rows<Real>(
        y.rows, [](auto y, auto gate, auto up) { y = up * gate / (Real(1) + (-gate).exp()); }, y,
        x.columns(0, y.cols), x.columns(y.cols, y.cols));
}

/// dx (N, 2 H) from dy (N, H) and the x of the forward pass. dx may be x.
template <class Real>
void swiglu_backward(Lane<Real>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    constexpr Index block = 256;
    const Index     H     = dy.cols;
    for (Index i = 0; i < dy.rows; ++i)
        for (Index j = 0; j < H; j += block) {
            const Index n    = std::min(block, H - j);
            const auto  gate = array(x.row(i) + j, n), up = array(x.row(i) + H + j, n),
                       d                                            = array(dy.row(i) + j, n);
            Eigen::Array<Real, Eigen::Dynamic, 1, 0, block, 1> s    = Real(1) / (Real(1) + (-gate).exp());
            Eigen::Array<Real, Eigen::Dynamic, 1, 0, block, 1> d_up = d * gate * s;
            array(dx.row(i) + j, n)     = d * up * s * (Real(1) + gate * (Real(1) - s));
            array(dx.row(i) + H + j, n) = d_up;
        }
}

/// y = dropout(y) in place. The same call on the gradient is the backward pass.
/// @param site  which dropout of the network this is; each makes its own choices
template <class Real>
void dropout(Lane<Real>&, Mat<Real> y, Dropout const& drop, std::uint32_t site, Index first_row) {
    if (drop.rate <= 0) return;
    const Real keep = Real(1) / (Real(1) - Real(drop.rate));
    for (Index i = 0; i < y.rows; ++i) {
        Rng rng(drop.seed, Purpose::dropout, drop.step, std::uint32_t(first_row + i), site);
        for (Index j = 0; j < y.cols; ++j) y(i, j) *= rng.uniform() < drop.rate ? Real(0) : keep;
    }
}

}  // namespace rung::cpu
