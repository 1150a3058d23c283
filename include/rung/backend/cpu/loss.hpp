#pragma once
// Cross-entropy: reads the logits once and leaves their gradient in their place.

#include "rung/backend/cpu/pointwise.hpp"

namespace rung::cpu {

/// sum over graded rows of -log softmax(logits_i)[target_i]; logits become scale times the gradient of that
/// sum.
/// @param logits   (N, V)
/// @param targets  (N); -1 marks a row that is read but never graded: its gradient is zero
template <class Real>
double cross_entropy(Lane<Real>&, Mat<Real> logits, int const* targets, std::type_identity_t<Real> scale) {
    double sum = 0;
    for (Index i = 0; i < logits.rows; ++i) {
        auto row = array(logits.row(i), logits.cols);
        if (targets[i] < 0) {
            row.setZero();
            continue;
        }
        RUNG_CHECK(targets[i] < logits.cols, "cross_entropy: row ", i, ": target; got ", targets[i],
                   ", wanted below ", logits.cols);
        const Real chosen = row[targets[i]], top = row.maxCoeff();
        row              = (row - top).exp();
        const Real total = row.sum();
        sum += double(std::log(total)) + double(top - chosen);
        row *= scale / total;
        row[targets[i]] -= scale;
    }
    return sum;
}

}  // namespace rung::cpu
