#pragma once
// Normalisation of each row, its backward pass, and what the backward needs: mean and inverse deviation per row.

#include "rung/backend/cpu/rows.hpp"

namespace rung::cpu {

/// Under the root, as in GPT-2; Llama's checkpoints use 1e-5 or 1e-6.
inline constexpr double norm_epsilon = 1e-5;

/// y = (x - mean) / deviation * gain + bias.  y, x (N, C); stats (N, 2): mean, 1 / deviation; gain, bias (1, C),
/// bias may be empty.  Ba, Kiros and Hinton, "Layer normalization", 2016.
template <class Real>
void layer_norm(Lane<Real>&, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain, CMat<Real> bias) {
    const Index C = x.cols;
    for (Index i = 0; i < x.rows; ++i) {
        Real const* from = x.row(i);
        Real*       to   = y.row(i);
        const Real  mean = sum(from, C) / Real(C);
        for (Index j = 0; j < C; ++j) to[j] = from[j] - mean;
        const Real inv = Real(1) / std::sqrt(dot(to, to, C) / Real(C) + Real(norm_epsilon));
        stats(i, 0) = mean, stats(i, 1) = inv;
        for (Index j = 0; j < C; ++j) to[j] *= inv * gain.data[j];
        if (!bias.empty())
            for (Index j = 0; j < C; ++j) to[j] += bias.data[j];
    }
}

/// dx += gradient through the norm; dgain and dbias are added to.  dy (N, C).
template <class Real>
void add_layer_norm_backward(Lane<Real>& lane, Mat<Real> dx, Mat<Real> dgain, Mat<Real> dbias, CMat<Real> dy,
                             CMat<Real> x, CMat<Real> stats, CMat<Real> gain) {
    const Index C    = x.cols;
    const auto  mark = lane.arena.mark();
    Real*       xhat = lane.arena.template take<Real>(1, C).data;
    Real*       dg   = lane.arena.template take<Real>(1, C).data;
    for (Index i = 0; i < x.rows; ++i) {
        const Real  mean = stats(i, 0), inv = stats(i, 1);
        Real const *d = dy.row(i), *from = x.row(i);
        Real*       to = dx.row(i);
        for (Index j = 0; j < C; ++j) {
            xhat[j] = (from[j] - mean) * inv;
            dg[j]   = d[j] * gain.data[j];
            dgain.data[j] += d[j] * xhat[j];
        }
        if (!dbias.empty())
            for (Index j = 0; j < C; ++j) dbias.data[j] += d[j];
        const Real a = sum(dg, C) / Real(C), b = dot(dg, xhat, C) / Real(C);
        for (Index j = 0; j < C; ++j) to[j] += inv * (dg[j] - a - xhat[j] * b);
    }
    lane.arena.release(mark);
}

/// y = x / rms(x) * gain.  stats (N, 1): 1 / rms.  Zhang and Sennrich, "Root mean square layer normalization", 2019.
template <class Real>
void rms_norm(Lane<Real>&, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain) {
    const Index C = x.cols;
    for (Index i = 0; i < x.rows; ++i) {
        Real const* from = x.row(i);
        Real*       to   = y.row(i);
        const Real  inv  = Real(1) / std::sqrt(dot(from, from, C) / Real(C) + Real(norm_epsilon));
        stats(i, 0)      = inv;
        for (Index j = 0; j < C; ++j) to[j] = from[j] * inv * gain.data[j];
    }
}

template <class Real>
void add_rms_norm_backward(Lane<Real>& lane, Mat<Real> dx, Mat<Real> dgain, CMat<Real> dy, CMat<Real> x,
                           CMat<Real> stats, CMat<Real> gain) {
    const Index C    = x.cols;
    const auto  mark = lane.arena.mark();
    Real*       dg   = lane.arena.template take<Real>(1, C).data;
    for (Index i = 0; i < x.rows; ++i) {
        const Real  inv = stats(i, 0);
        Real const *d = dy.row(i), *from = x.row(i);
        Real*       to = dx.row(i);
        for (Index j = 0; j < C; ++j) {
            dg[j] = d[j] * gain.data[j];
            dgain.data[j] += d[j] * from[j] * inv;
        }
        const Real b = dot(dg, from, C) * inv * inv / Real(C);
        for (Index j = 0; j < C; ++j) to[j] += inv * (dg[j] - from[j] * b);
    }
    lane.arena.release(mark);
}

}  // namespace rung::cpu
