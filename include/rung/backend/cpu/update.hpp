#pragma once
// From the slices' gradients to new weights: a fixed-order sum, its norm, and one pass of AdamW.

#include "rung/backend/cpu/pointwise.hpp"
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
            for (Index s = 0; s + step < gradients.rows; s += 2 * step)
                array(gradients.row(s) + first, count) += array(gradients.row(s + step) + first, count);
        double sum = 0;
        for (Index i = 0; i < count; i += 256)
            sum += double(array(gradients.data + first + i, std::min<Index>(256, count - i)).square().sum());
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
        const auto g                       = array(gradient + first, count);
        auto       w = array(weights + first, count), m = array(mean + first, count),
             v        = array(square + first, count);
        const Real b1 = Real(step.beta1), b2 = Real(step.beta2), clip = Real(step.clip);
        const Real rate = Real(step.rate / step.correction1), root = Real(1 / std::sqrt(step.correction2));
        const Real keep = decayed ? Real(1 - step.rate * step.weight_decay) : Real(1);
        m               = b1 * m + (Real(1) - b1) * clip * g;
        v               = b2 * v + (Real(1) - b2) * clip * clip * g * g;
        w               = keep * w - rate * m / (v.sqrt() * root + Real(step.epsilon));
    });
}

}  // namespace rung::cpu
