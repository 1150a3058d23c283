#pragma once
// The products a linear layer needs, forward and backward.

#include "rung/backend/cpu/product.hpp"
#include "rung/backend/cpu/rows.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// y = x w + bias.  y (N, M), x (N, K), w (K, M), bias (1, M) or empty.
template <class P, class Real>
void matmul(Lane<P>& lane, Mat<Real> y, CMat<Real> x, CPacked<Real> w, CMat<Real> bias = {}) {
    const auto  mark  = lane.arena.mark();
    Real const* start = bias.empty() ? detail::zeros(lane, y) : bias.data;
    detail::multiply(lane, y, start, 0, x, detail::panels(lane, w, false));
    lane.arena.release(mark);
}

/// y = stream + x w + bias: what a branch adds to the residual stream. y may be the stream.
template <class P, class Real>
void add_matmul(Lane<P>& lane, Mat<Real> y, CMat<Real> stream, CMat<Real> x, CPacked<Real> w,
                CMat<Real> bias = {}) {
    const auto mark = lane.arena.mark();
    if (!bias.empty()) {
        for (Index i = 0; i < y.rows; ++i)
            for_vectors<Real>(y.cols, [&](auto at, Index j) {
                at.store(y.row(i) + j, at.load(stream.row(i) + j) + at.load(bias.data + j));
            });
        stream = y;
    }
    detail::multiply(lane, y, stream.data, stream.stride, x, detail::panels(lane, w, false));
    lane.arena.release(mark);
}

/// dx = dy wT.  dx (N, K), dy (N, M), w (K, M).
template <class P, class Real>
void matmul_nt(Lane<P>& lane, Mat<Real> dx, CMat<Real> dy, CPacked<Real> w) {
    const auto mark = lane.arena.mark();
    detail::multiply(lane, dx, detail::zeros(lane, dx), 0, dy, detail::panels(lane, w, true));
    lane.arena.release(mark);
}

/// dw += xT dy, the gradient of y = x w.  dw (K, M), x (N, K), dy (N, M).
template <class P, class Real>
void add_matmul_tn(Lane<P>& lane, Mat<Real> dw, CMat<Real> x, CMat<Real> dy) {
    detail::add_outer<P, Real>(lane, dw, x, dy);
}

/// Operations that other devices do beside those after them, until join(), are done at once here, in place.
template <class P, class F>
void beside(Lane<P>&, F&& operations) {
    operations();
}
template <class P>
void join(Lane<P>&) {}
template <class P, class Real>
Mat<Real> in_place_of(Lane<P>&, Mat<Real> y) {
    return y;
}

/// dbias += column sums of dy; nothing where the layer has no bias.
template <class P, class Real>
void add_column_sums(Lane<P>&, Mat<Real> dbias, CMat<Real> dy) {
    if (dbias.empty()) return;
    Index i = 0;
    for (; i + 4 <= dy.rows; i += 4)
        for_vectors<Real>(dy.cols, [&](auto at, Index j) {
            const auto upper = at.load(dy.row(i) + j) + at.load(dy.row(i + 1) + j);
            const auto lower = at.load(dy.row(i + 2) + j) + at.load(dy.row(i + 3) + j);
            at.store(dbias.data + j, at.load(dbias.data + j) + (upper + lower));
        });
    for (; i < dy.rows; ++i) add_to(dbias.data, dy.row(i), dy.cols);
}

}  // namespace rung::cpu::inline RUNG_ISA
