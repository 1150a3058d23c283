#pragma once
// The products a linear layer needs, forward and backward.

#include "rung/backend/cpu/product.hpp"

namespace rung::cpu {

/// y = x w + bias.  y (N, M), x (N, K), w (K, M), bias (1, M) or empty.
template <class Real>
void matmul(Lane<Real>& lane, Mat<Real> y, CMat<Real> x, CMat<Real> w, CMat<Real> bias = {}) {
    const auto  mark  = lane.arena.mark();
    Real const* start = bias.data;
    if (bias.empty()) {
        auto zeros = lane.arena.template take<Real>(1, y.cols);
        std::fill_n(zeros.data, y.cols, Real(0));
        start = zeros.data;
    }
    detail::product<Real>(lane, y, start, 0, x, w);
    lane.arena.release(mark);
}

/// y += x w + bias. The residual stream is added to in place.
template <class Real>
void add_matmul(Lane<Real>& lane, Mat<Real> y, CMat<Real> x, CMat<Real> w, CMat<Real> bias = {}) {
    detail::product<Real>(lane, y, y.data, y.stride, x, w);
    if (!bias.empty())
        for (Index i = 0; i < y.rows; ++i)
            for (Index j = 0; j < y.cols; ++j) y(i, j) += bias(0, j);
}

/// dx = dy wT.  dx (N, K), dy (N, M), w (K, M).
template <class Real>
void matmul_nt(Lane<Real>& lane, Mat<Real> dx, CMat<Real> dy, CMat<Real> w) {
    const auto mark  = lane.arena.mark();
    auto       zeros = lane.arena.template take<Real>(1, dx.cols);
    std::fill_n(zeros.data, dx.cols, Real(0));
    detail::product<Real>(lane, dx, zeros.data, 0, dy, Strided<Real>(w).transposed());
    lane.arena.release(mark);
}

/// dw += xT dy, the gradient of y = x w.  dw (K, M), x (N, K), dy (N, M).
template <class Real>
void add_matmul_tn(Lane<Real>& lane, Mat<Real> dw, CMat<Real> x, CMat<Real> dy) {
    detail::product<Real>(lane, dw, dw.data, dw.stride, Strided<Real>(x).transposed(), dy);
}

/// dbias += column sums of dy; nothing where the layer has no bias.
template <class Real>
void add_column_sums(Lane<Real>&, Mat<Real> dbias, CMat<Real> dy) {
    if (dbias.empty()) return;
    for (Index i = 0; i < dy.rows; ++i)
        for (Index j = 0; j < dy.cols; ++j) dbias(0, j) += dy(i, j);
}

}  // namespace rung::cpu
