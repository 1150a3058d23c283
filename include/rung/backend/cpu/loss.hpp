#pragma once
// Cross-entropy: reads the logits once and leaves their gradient in their place.

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/loss.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// sum over graded rows of -log softmax(logits_i)[target_i], whatever the options; logits become scale times the
/// gradient of the objective, which has their terms.
/// @param logits   (N, V)
/// @param targets  (N); -1 marks a row that is read but never graded: its gradient is zero
template <class P, class Real>
double cross_entropy(Lane<P>&, Mat<Real> logits, int const* targets, std::type_identity_t<Real> scale,
                     LossOptions const& options = {}) {
    const Index V       = logits.cols;
    const Real  certain = scale * Real(1 - options.label_smoothing),
               alike = scale * Real(options.label_smoothing / double(V)), z = Real(2 * options.z_loss);
    double loss = 0;
    for (Index i = 0; i < logits.rows; ++i) {
        Real* row = logits.row(i);
        if (targets[i] < 0) {
            std::fill_n(row, V, Real(0));
            continue;
        }
        RUNG_CHECK(targets[i] < V, "cross_entropy: row ", i, ": target; got ", targets[i], ", wanted below ",
                   V);
        const Real chosen = row[targets[i]], top = largest(row, V);
        const Real total = exponential_row(row, row, top, V), log_total = std::log(total);
        const Real share = scale / total * (Real(1) + z * (log_total + top));
        loss += double(log_total) + double(top - chosen);
        for_vectors<Real>(V, [&](auto at, Index j) { at.store(row + j, at.load(row + j) * share - alike); });
        row[targets[i]] -= certain;
    }
    return loss;
}

/// The same, its result added to *loss.
template <class P, class Real>
void add_cross_entropy(Lane<P>& lane, double* loss, Mat<Real> logits, int const* targets,
                       std::type_identity_t<Real> scale, LossOptions const& options = {}) {
    *loss += cross_entropy(lane, logits, targets, scale, options);
}

}  // namespace rung::cpu::inline RUNG_ISA
