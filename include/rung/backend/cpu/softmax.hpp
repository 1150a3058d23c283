#pragma once
// A row of scores on its way to probabilities.

#include <limits>

#include "rung/backend/cpu/rows.hpp"

namespace rung::cpu {

/// exp(scale (s - largest)) of the first `seen` scores, zeros up to `end`; returns their sum, `top` the largest.
/// Scores are padded to whole vectors.
template <class Real>
Real softmax_numerators(Real* s, Index seen, Index end, Real scale, Real& top) {
    using S           = Simd<Real>;
    const Real  rate  = scale * Real(log2_e);
    const Index whole = (seen + S::width - 1) / S::width * S::width;
    for (Index j = seen; j < whole; ++j) s[j] = -std::numeric_limits<Real>::infinity();
    typename S::Vector v, most, total = {};
    S::load(most, s);
    for (Index j = S::width; j < whole; j += S::width) S::load(v, s + j), most = v > most ? v : most;
    top = S::largest(most);
    for (Index j = 0; j < whole; j += S::width) {
        S::load(v, s + j);
        v = (v - top) * rate;
        power_of_two<Real>(v);
        S::store(s + j, v);
        total += v;
    }
    for (Index j = whole; j < end; ++j) s[j] = 0;
    return S::sum(total);
}

}  // namespace rung::cpu
