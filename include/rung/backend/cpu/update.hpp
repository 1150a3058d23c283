#pragma once
// From the slices' gradients to new weights: a fixed-order sum, its norm, and one pass of AdamW.

#include <span>

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/update.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {

inline constexpr Index sum_run =
    256;  ///< values at a time: they and their partial sums stay in the first-level cache

/// to = the sum of n rows from `from` on, in pairs of pairs: a tree that n alone decides.
template <class Real>
void sum_rows(Real* to, Real const* from, Index stride, Index n, Index count) {
    if (n == 1) {
        std::copy_n(from, count, to);
        return;
    }
    Index half = 1;
    while (2 * half < n) half *= 2;
    Real other[sum_run];
    sum_rows(to, from, stride, half, count);
    sum_rows(other, from + half * stride, stride, n - half, count);
    add_to(to, other, count);
}

}  // namespace detail

/// Sums the rows of `gradients` (slices, P) pairwise into row 0 and returns the squared norm of the sum, infinite where
/// 256 squares overflow a Real, as in single precision from values of 1e18 up. Work
/// is cut into `chunks`, whose order of summing is fixed: the result has the same bits for any number of
/// threads.
template <class P, class Real>
double sum_gradients(Context<P>& ctx, Mat<Real> gradients, std::span<Chunk const> chunks) {
    Buffer<double> squares(Index(chunks.size()));
    ctx.for_slices(int(chunks.size()), [&](auto&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        double sum                         = 0;
        for (Index i = 0; i < count; i += detail::sum_run) {
            const Index n = std::min(detail::sum_run, count - i);
            Real* const g = gradients.data + first + i;
            Real        total[detail::sum_run];
            detail::sum_rows(total, g, gradients.stride, gradients.rows, n);
            std::copy_n(total, n, g);
            sum += double(dot(total, total, n));  // in single precision no further than rounding is small
        }
        squares[c] = sum;
    });
    double total = 0;
    for (const double square : squares) total += square;
    return total;
}

/// One step of AdamW (Loshchilov and Hutter, 2019) in PyTorch's form: eps is added outside the root, decay is
/// decoupled and scaled by the rate, and only chunks of matrices decay.  Every array holds P values.
template <class P, class Real>
void adamw(Context<P>& ctx, Real* weights, Real* mean, Real* square, Real const* gradient,
           std::span<Chunk const> chunks, AdamWStep const& step) {
    ctx.for_slices(int(chunks.size()), [&](auto&, int c) {
        const auto [from, count, decayed] = chunks[std::size_t(c)];
        Real const* g                     = gradient + from;
        Real *      w = weights + from, *m = mean + from, *v = square + from;
        const Real  b1 = Real(step.beta1), b2 = Real(step.beta2), clip = Real(step.clip);
        const Real  fresh1 = Real(1 - step.beta1),
                   fresh2  = Real(1 - step.beta2);  // rounded once: b2 is near 1
        const Real rate = Real(step.rate / step.correction1), root = Real(1 / std::sqrt(step.correction2));
        const Real keep = decayed ? Real(1 - step.rate * step.weight_decay) : Real(1);
        for_vectors<Real>(count, [&](auto at, Index i) {
            const auto slope  = at.load(g + i) * clip;
            const auto first  = at.load(m + i) * b1 + slope * fresh1;
            const auto second = at.load(v + i) * b2 + slope * slope * fresh2;
            at.store(m + i, first), at.store(v + i, second);
            auto deviation = second;
            Simd<Real>::sqrt(deviation);
            at.store(w + i, at.load(w + i) * keep - first * rate / (deviation * root + Real(step.epsilon)));
        });
    });
}

/// Sums the slices' gradients, brings the norm of the sum within `bound` (0: whatever it is) and takes one step of
/// AdamW. `squared_norm` is that before. Where it is not finite, *failed becomes 1; where that is not 0, weights and
/// moments stay as they are.
template <class P, class Real>
void clip_and_update(Context<P>& ctx, Real* weights, Real* mean, Real* square, Mat<Real> gradients,
                     std::span<Chunk const> chunks, AdamWStep step, double bound, double* squared_norm,
                     Real* failed) {
    *squared_norm     = sum_gradients(ctx, gradients, chunks);
    const double norm = std::sqrt(*squared_norm);
    if (!std::isfinite(norm)) *failed = 1;
    if (*failed != 0) return;
    step.clip = bound > 0 && norm > bound ? bound / norm : 1.0;
    adamw(ctx, weights, mean, square, gradients.data, chunks, step);
}

/// average += share (weights - average), P values each, unless *failed.
template <class P, class Real>
void move_towards(Context<P>& ctx, Real* average, Real const* weights, std::span<Chunk const> chunks,
                  double share, Real const* failed) {
    if (*failed != 0) return;
    ctx.for_slices(int(chunks.size()), [&](auto&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        Real*       to                     = average + first;
        Real const* from                   = weights + first;
        for_vectors<Real>(count, [&](auto at, Index i) {
            at.store(to + i, at.load(to + i) + (at.load(from + i) - at.load(to + i)) * Real(share));
        });
    });
}

}  // namespace rung::cpu::inline RUNG_ISA
