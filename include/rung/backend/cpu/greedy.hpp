#pragma once
// From logits to a token.

#include "rung/backend/cpu/rows.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// tokens[i] = the largest logit of row i among columns `first` and up, the lowest of equals; probabilities[i] = its
/// share under the softmax of those columns.  logits (N, V).
template <class P, class Real = typename Precision<P>::Real>
void greedy(Lane<P>& lane, int* tokens, double* probabilities, CMat<typename Precision<P>::Real> logits,
            int first) {
    const Index V    = logits.cols - first;
    const auto  mark = lane.arena.mark();
    Real*       e    = lane.arena.template take<Real>(1, V).data;
    for (Index i = 0; i < logits.rows; ++i) {
        Real const* row = logits.row(i) + first;
        const Real  top = largest(row, V);
        int         at  = 0;
        while (at + 1 < V && row[at] != top) ++at;
        tokens[i]        = first + at;
        probabilities[i] = 1 / double(exponential_row(e, row, top, V));
    }
    lane.arena.release(mark);
}

}  // namespace rung::cpu::inline RUNG_ISA
