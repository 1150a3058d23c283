#pragma once
// From the slices' gradients to new weights: a fixed-order sum, its norm, and one pass of AdamW.

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/update.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Sums the rows of `gradients` (slices, P) pairwise into row 0 and returns the squared norm of the sum. Work
/// is cut into `chunks`, whose order of summing is fixed: the result has the same bits for any number of
/// threads.
template <class P, class Real>
double sum_gradients(Context<P>& ctx, Mat<Real> gradients, std::vector<Chunk> const& chunks) {
    std::vector<double> squares(chunks.size());
    ctx.for_slices(int(chunks.size()), [&](auto&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        for (Index step = 1; step < gradients.rows; step *= 2)
            for (Index s = 0; s + step < gradients.rows; s += 2 * step) {
                Real*       to   = gradients.row(s) + first;
                Real const* from = gradients.row(s + step) + first;
                add_to(to, from, count);
            }
        double      sum = 0;
        Real const* g   = gradients.data + first;
        for (Index i = 0; i < count; i += 256) {  // in single precision no further than rounding is small
            const Index n = std::min<Index>(256, count - i);
            sum += double(dot(g + i, g + i, n));
        }
        squares[std::size_t(c)] = sum;
    });
    double total = 0;
    for (const double square : squares) total += square;
    return total;
}

/// One step of AdamW (Loshchilov and Hutter, 2019) in PyTorch's form: eps is added outside the root, decay is
/// decoupled and scaled by the rate, and only chunks of matrices decay.  Every array holds P values.
template <class P, class Real>
void adamw(Context<P>& ctx, Real* weights, Real* mean, Real* square, Real const* gradient,
           std::vector<Chunk> const& chunks, AdamWStep const& step) {
    ctx.for_slices(int(chunks.size()), [&](auto&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        Real const* g                      = gradient + first;
        Real *      w = weights + first, *m = mean + first, *v = square + first;
        const Real  b1 = Real(step.beta1), b2 = Real(step.beta2), clip = Real(step.clip);
        const Real  rate = Real(step.rate / step.correction1), root = Real(1 / std::sqrt(step.correction2));
        const Real  keep = decayed ? Real(1 - step.rate * step.weight_decay) : Real(1);
        for_vectors<Real>(count, [&](auto at, Index i) {
            const auto slope  = at.load(g + i) * clip;
            const auto first  = at.load(m + i) * b1 + slope * (Real(1) - b1);
            const auto second = at.load(v + i) * b2 + slope * slope * (Real(1) - b2);
            at.store(m + i, first), at.store(v + i, second);
            auto deviation = second;
            Simd<Real>::sqrt(deviation);
            at.store(w + i, at.load(w + i) * keep - first * rate / (deviation * root + Real(step.epsilon)));
        });
    });
}

}  // namespace rung::cpu::inline RUNG_ISA
