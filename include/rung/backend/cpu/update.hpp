#pragma once
// From the slices' gradients to new weights: a fixed-order sum, its norm, and one pass of AdamW.

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/update.hpp"

namespace rung::cpu {

/// Sums the rows of `gradients` (slices, P) pairwise into row 0 and returns the squared norm of the sum. Work
/// is cut into `chunks`, whose order of summing is fixed: the result has the same bits for any number of
/// threads.
template <class Real>
double sum_gradients(Context<Real>& ctx, Mat<Real> gradients, std::vector<Chunk> const& chunks) {
    std::vector<double> squares(chunks.size());
    ctx.for_slices(int(chunks.size()), [&](Lane<Real>&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        for (Index step = 1; step < gradients.rows; step *= 2)
            for (Index s = 0; s + step < gradients.rows; s += 2 * step) {
                Real*       to   = gradients.row(s) + first;
                Real const* from = gradients.row(s + step) + first;
                for (Index i = 0; i < count; ++i) to[i] += from[i];
            }
        double      sum = 0;
        Real const* g   = gradients.data + first;
        for_stretches(count, [&](Index at, Index n) { sum += double(dot(g + at, g + at, n)); });
        squares[std::size_t(c)] = sum;
    });
    double total = 0;
    for (const double square : squares) total += square;
    return total;
}

/// One step of AdamW (Loshchilov and Hutter, 2019) in PyTorch's form: eps is added outside the root, decay is
/// decoupled and scaled by the rate, and only chunks of matrices decay.  Every array holds P values.
template <class Real>
void adamw(Context<Real>& ctx, Real* weights, Real* mean, Real* square, Real const* gradient,
           std::vector<Chunk> const& chunks, AdamWStep const& step) {
    ctx.for_slices(int(chunks.size()), [&](Lane<Real>&, int c) {
        const auto [first, count, decayed] = chunks[std::size_t(c)];
        Real const* g                      = gradient + first;
        Real *      w = weights + first, *m = mean + first, *v = square + first;
        const Real  b1 = Real(step.beta1), b2 = Real(step.beta2), clip = Real(step.clip);
        const Real  rate = Real(step.rate / step.correction1), root = Real(1 / std::sqrt(step.correction2));
        const Real  keep = decayed ? Real(1 - step.rate * step.weight_decay) : Real(1);
        for (Index i = 0; i < count; ++i) {
            m[i] = b1 * m[i] + (Real(1) - b1) * clip * g[i];
            v[i] = b2 * v[i] + (Real(1) - b2) * clip * clip * g[i] * g[i];
        }
        using Array                 = Eigen::Array<Real, Eigen::Dynamic, 1>;
        Eigen::Map<Array>(w, count) = keep * Eigen::Map<Array>(w, count) -
                                      rate * Eigen::Map<Array>(m, count) /
                                          (Eigen::Map<Array>(v, count).sqrt() * root + Real(step.epsilon));
    });
}

}  // namespace rung::cpu
