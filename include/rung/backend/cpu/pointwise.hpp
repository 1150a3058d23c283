#pragma once
// Element by element: copies, activations and dropout.

#include "rung/backend/cpu/rows.hpp"
#include "rung/core/rng.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu {

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
    for (Index i = 0; i < y.rows; ++i) {
        Real*       to   = y.row(i);
        Real const* from = x.row(i);
        for (Index j = 0; j < y.cols; ++j) to[j] += from[j];
    }
}

namespace detail {

/// e = exp(-2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3), so that gelu(x) = x / (1 + e).
template <class Real>
void gelu_exponential(Real* e, Real const* x, Index n) {
    for (Index j = 0; j < n; ++j) e[j] = x[j] * (Real(1) + Real(0.044715) * x[j] * x[j]);
    exponential(e, e, Real(-1.5957691216057308), 0, n);
}

}  // namespace detail

/// y = gelu(x) in the tanh form of GPT-2 (Hendrycks and Gimpel, 2016): x / 2 (1 + tanh u) = x sigmoid(2 u).
template <class Real>
void gelu(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    Real e[stretch];
    for (Index i = 0; i < y.rows; ++i)
        for_stretches(y.cols, [&](Index first, Index n) {
            Real const* from = x.row(i) + first;
            Real*       to   = y.row(i) + first;
            detail::gelu_exponential(e, from, n);
            for (Index j = 0; j < n; ++j) to[j] = from[j] / (Real(1) + e[j]);
        });
}

/// dx = dy gelu'(x). dx may be dy or x.
template <class Real>
void gelu_backward(Lane<Real>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    Real e[stretch];
    for (Index i = 0; i < dx.rows; ++i)
        for_stretches(dx.cols, [&](Index first, Index n) {
            Real const* at = x.row(i) + first;
            Real const* d  = dy.row(i) + first;
            Real*       to = dx.row(i) + first;
            detail::gelu_exponential(e, at, n);
            for (Index j = 0; j < n; ++j) {
                const Real s     = Real(1) / (Real(1) + e[j]);
                const Real slope = Real(1.5957691216057308) * (Real(1) + Real(3 * 0.044715) * at[j] * at[j]);
                to[j]            = d[j] * (s + at[j] * slope * s * (Real(1) - s));
            }
        });
}

/// y = silu(gate) up (Shazeer, "GLU variants improve transformer", 2020).  y (N, H), x = [gate | up] (N, 2 H).
template <class Real>
void swiglu(Lane<Real>&, Mat<Real> y, CMat<Real> x) {
    Real e[stretch];
    for (Index i = 0; i < y.rows; ++i)
        for_stretches(y.cols, [&](Index first, Index n) {
            Real const *gate = x.row(i) + first, *up = gate + y.cols;
            Real*       to = y.row(i) + first;
            exponential(e, gate, Real(-1), 0, n);
            for (Index j = 0; j < n; ++j) to[j] = up[j] * gate[j] / (Real(1) + e[j]);
        });
}

/// dx (N, 2 H) from dy (N, H) and the x of the forward pass. dx may be x.
template <class Real>
void swiglu_backward(Lane<Real>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    Real        e[stretch];
    const Index H = dy.cols;
    for (Index i = 0; i < dy.rows; ++i)
        for_stretches(H, [&](Index first, Index n) {
            Real const *gate = x.row(i) + first, *up = gate + H, *d = dy.row(i) + first;
            Real *      d_gate = dx.row(i) + first, *d_up = d_gate + H;
            exponential(e, gate, Real(-1), 0, n);
            for (Index j = 0; j < n; ++j) {
                const Real g = gate[j], s = Real(1) / (Real(1) + e[j]), step = d[j] * s;
                d_gate[j] = step * up[j] * (Real(1) + g * (Real(1) - s));
                d_up[j]   = step * g;
            }
        });
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
