#pragma once
// Normalisation of each row, its backward pass, and what the backward needs: mean and inverse deviation per
// row.

#include "rung/backend/cpu/pointwise.hpp"

namespace rung::cpu {

inline constexpr double norm_epsilon =
    1e-5;  ///< under the root, as in GPT-2; Llama's checkpoints use 1e-5 or 1e-6

/// y = (x - mean) / deviation * gain + bias.  y, x (N, C); stats (N, 2): mean, 1 / deviation; gain, bias (1,
/// C), bias may be empty.  Ba, Kiros and Hinton, "Layer normalization", 2016.
template <class Real>
void layer_norm(Lane<Real>&, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain, CMat<Real> bias) {
    for (Index i = 0; i < x.rows; ++i) {
        const auto row  = array(x.row(i), x.cols);
        const Real mean = row.mean();
        const Real inv  = Real(1) / std::sqrt((row - mean).square().mean() + Real(norm_epsilon));
        stats(i, 0) = mean, stats(i, 1) = inv;
        auto out = array(y.row(i), y.cols);
        out      = (row - mean) * inv * array(gain.data, gain.cols);
        if (!bias.empty()) out += array(bias.data, bias.cols);
    }
}

/// dx += gradient through the norm; dgain and dbias are added to.  dy (N, C).
template <class Real>
void add_layer_norm_backward(Lane<Real>&, Mat<Real> dx, Mat<Real> dgain, Mat<Real> dbias, CMat<Real> dy,
                             CMat<Real> x, CMat<Real> stats, CMat<Real> gain) {
    const auto g = array(gain.data, gain.cols);
    for (Index i = 0; i < x.rows; ++i) {
        const Real mean = stats(i, 0), inv = stats(i, 1);
        const auto d    = array(dy.row(i), dy.cols);
        const auto xhat = (array(x.row(i), x.cols) - mean) * inv;
        array(dgain.data, dgain.cols) += d * xhat;
        if (!dbias.empty()) array(dbias.data, dbias.cols) += d;
        const Real a = (d * g).mean(), b = (d * g * xhat).mean();
        array(dx.row(i), dx.cols) += inv * (d * g - a - xhat * b);
    }
}

/// y = x / rms(x) * gain.  stats (N, 1): 1 / rms.  Zhang and Sennrich, "Root mean square layer
/// normalization", 2019.
template <class Real>
void rms_norm(Lane<Real>&, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain) {
    for (Index i = 0; i < x.rows; ++i) {
        const auto row          = array(x.row(i), x.cols);
        const Real inv          = Real(1) / std::sqrt(row.square().mean() + Real(norm_epsilon));
        stats(i, 0)             = inv;
        array(y.row(i), y.cols) = row * inv * array(gain.data, gain.cols);
    }
}

template <class Real>
void add_rms_norm_backward(Lane<Real>&, Mat<Real> dx, Mat<Real> dgain, CMat<Real> dy, CMat<Real> x,
                           CMat<Real> stats, CMat<Real> gain) {
    const auto g = array(gain.data, gain.cols);
    for (Index i = 0; i < x.rows; ++i) {
        const Real inv  = stats(i, 0);
        const auto d    = array(dy.row(i), dy.cols);
        const auto xhat = array(x.row(i), x.cols) * inv;
        array(dgain.data, dgain.cols) += d * xhat;
        const Real b = (d * g * xhat).mean();
        array(dx.row(i), dx.cols) += inv * (d * g - xhat * b);
    }
}

}  // namespace rung::cpu
