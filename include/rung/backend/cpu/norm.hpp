#pragma once
// Normalisation of each row, its backward pass, and what the backward needs: mean and inverse deviation per row. One
// copy of each: a model has norms in many places, and would take longer to compile than it gains.

#include "rung/backend/cpu/linear.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Under the root, as in GPT-2; Llama's checkpoints use 1e-5 or 1e-6.
inline constexpr double norm_epsilon = 1e-5;

/// y = (x - mean) / deviation * gain + bias.  y, x (N, C); stats (N, 2): mean, 1 / deviation; gain, bias (1, C),
/// bias may be empty.  Ba, Kiros and Hinton, "Layer normalization", 2016.
/// @tparam C  the width, which the model's type knows: loops over it have no remainder
template <int C, class P, class Real>
[[gnu::noinline]] void layer_norm(Lane<P>& lane, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain,
                                  CMat<Real> bias) {
    using S            = Simd<Real>;
    const auto  mark   = lane.arena.mark();
    Real const* offset = bias.empty() ? detail::zeros(lane, y) : bias.data;
    for (Index i = 0; i < x.rows; ++i) {
        Real const*        from  = x.row(i);
        Real*              to    = y.row(i);
        typename S::Vector total = {}, square = {};
        for_vectors<Real>(C, [&](auto at, Index j) { total += at.load(from + j); });
        const Real mean = S::sum(total) / Real(C);
        for_vectors<Real>(C, [&](auto at, Index j) {
            at.store(to + j, at.load(from + j) - mean);
            const auto d = at.load(to + j);  // zero past the end, unlike the difference
            square += d * d;
        });
        const Real inv = Real(1) / std::sqrt(S::sum(square) / Real(C) + Real(norm_epsilon));
        stats(i, 0) = mean, stats(i, 1) = inv;
        for_vectors<Real>(C, [&](auto at, Index j) {
            at.store(to + j, at.load(to + j) * inv * at.load(gain.data + j) + at.load(offset + j));
        });
    }
    lane.arena.release(mark);
}

/// dx += gradient through the norm; dgain and dbias are added to.  dy (N, C).
template <int C, class P, class Real>
[[gnu::noinline]] void add_layer_norm_backward(Lane<P>& lane, Mat<Real> dx, Mat<Real> dgain, Mat<Real> dbias,
                                               CMat<Real> dy, CMat<Real> x, CMat<Real> stats,
                                               CMat<Real> gain) {
    using S = Simd<Real>;
    add_column_sums(lane, dbias, dy);
    for (Index i = 0; i < x.rows; ++i) {
        const Real         mean = stats(i, 0), inv = stats(i, 1);
        Real const *       d = dy.row(i), *from = x.row(i);
        Real*              to    = dx.row(i);
        typename S::Vector total = {}, along = {};  // of dg, and of dg xhat, with dg = dy gain
        for_vectors<Real>(C, [&](auto at, Index j) {
            const auto slope = at.load(d + j), xhat = (at.load(from + j) - mean) * inv, pull = slope * xhat;
            at.store(dgain.data + j, at.load(dgain.data + j) + pull);
            total += slope * at.load(gain.data + j);
            along += pull * at.load(gain.data + j);
        });
        const Real a = S::sum(total) / Real(C), b = S::sum(along) / Real(C);
        for_vectors<Real>(C, [&](auto at, Index j) {
            const auto xhat = (at.load(from + j) - mean) * inv;
            at.store(to + j,
                     at.load(to + j) + (at.load(d + j) * at.load(gain.data + j) - a - xhat * b) * inv);
        });
    }
}

/// y = x / rms(x) * gain.  stats (N, 1): 1 / rms.  Zhang and Sennrich, "Root mean square layer normalization", 2019.
template <int C, class P, class Real>
[[gnu::noinline]] void rms_norm(Lane<P>&, Mat<Real> y, Mat<Real> stats, CMat<Real> x, CMat<Real> gain) {
    for (Index i = 0; i < x.rows; ++i) {
        Real const* from = x.row(i);
        Real*       to   = y.row(i);
        const Real  inv  = Real(1) / std::sqrt(dot(from, from, C) / Real(C) + Real(norm_epsilon));
        stats(i, 0)      = inv;
        for_vectors<Real>(
            C, [&](auto at, Index j) { at.store(to + j, at.load(from + j) * inv * at.load(gain.data + j)); });
    }
}

/// dx (N, C) += the gradient with respect to x, dgain (1, C) += that with respect to gain; dy (N, C).
template <int C, class P, class Real>
[[gnu::noinline]] void add_rms_norm_backward(Lane<P>&, Mat<Real> dx, Mat<Real> dgain, CMat<Real> dy,
                                             CMat<Real> x, CMat<Real> stats, CMat<Real> gain) {
    using S = Simd<Real>;
    for (Index i = 0; i < x.rows; ++i) {
        const Real         inv = stats(i, 0);
        Real const *       d = dy.row(i), *from = x.row(i);
        Real*              to    = dx.row(i);
        typename S::Vector along = {};
        for_vectors<Real>(C, [&](auto at, Index j) {
            const auto pull = at.load(d + j) * at.load(from + j);
            at.store(dgain.data + j, at.load(dgain.data + j) + pull * inv);
            along += pull * at.load(gain.data + j);
        });
        const Real b = S::sum(along) * inv * inv / Real(C);
        for_vectors<Real>(C, [&](auto at, Index j) {
            const auto step = at.load(d + j) * at.load(gain.data + j) - at.load(from + j) * b;
            at.store(to + j, at.load(to + j) + step * inv);
        });
    }
}

/// x = x / rms(x) * gain of each head, in place.  x (N, heads * D); normed (N, heads * D): x / rms; stats (N, heads):
/// 1 / rms; gain (1, D).
template <int D, class P, class Real>
[[gnu::noinline]] void head_norm(Lane<P>&, Mat<Real> x, Mat<Real> normed, Mat<Real> stats, CMat<Real> gain) {
    for (Index i = 0; i < x.rows; ++i)
        for (Index h = 0; h < stats.cols; ++h) {
            Real *     head = x.row(i) + h * D, *to = normed.row(i) + h * D;
            const Real inv = Real(1) / std::sqrt(dot(head, head, D) / Real(D) + Real(norm_epsilon));
            stats(i, h)    = inv;
            for_vectors<Real>(D, [&](auto at, Index j) {
                const auto v = at.load(head + j) * inv;
                at.store(to + j, v), at.store(head + j, v * at.load(gain.data + j));
            });
        }
}

/// The gradient d of what head_norm made becomes that of its input, in place; dgain (1, D) is added to.
template <int D, class P, class Real>
[[gnu::noinline]] void add_head_norm_backward(Lane<P>&, Mat<Real> d, Mat<Real> dgain, CMat<Real> normed,
                                              CMat<Real> stats, CMat<Real> gain) {
    using S = Simd<Real>;
    for (Index i = 0; i < d.rows; ++i)
        for (Index h = 0; h < stats.cols; ++h) {
            Real*              head  = d.row(i) + h * D;
            Real const*        xhat  = normed.row(i) + h * D;
            typename S::Vector along = {};
            for_vectors<Real>(D, [&](auto at, Index j) {
                const auto pull = at.load(head + j) * at.load(xhat + j);
                at.store(dgain.data + j, at.load(dgain.data + j) + pull);
                along += pull * at.load(gain.data + j);
            });
            const Real mean = S::sum(along) / Real(D), inv = stats(i, h);
            for_vectors<Real>(D, [&](auto at, Index j) {
                at.store(head + j,
                         (at.load(head + j) * at.load(gain.data + j) - at.load(xhat + j) * mean) * inv);
            });
        }
}

}  // namespace rung::cpu::inline RUNG_ISA
