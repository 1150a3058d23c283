#pragma once
// Rows of scores on their way to probabilities.

#include <limits>

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/cpu/tile.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Rounded up to whole vectors.
template <class Real>
constexpr Index whole_vectors(Index count) {
    return (count + Simd<Real>::width - 1) / Simd<Real>::width * Simd<Real>::width;
}

/// `value` in place of what row i of a tile may not see: scores from seen + i step to `end`, a whole number of vectors.
template <class Real, Index rows>
void hide_rest(Real* s, Index row, Index seen, Index step, Index end, Real value) {
    using S = Simd<Real>;
    typename S::Mask place;
    for (int i = 0; i < S::width; ++i) place[i] = i;
    for (Index j = seen / S::width * S::width; j < end; j += S::width)
#pragma GCC unroll 8
        for (Index i = 0; i < rows; ++i) {
            typename S::Vector v;
            S::load(v, s + i * row + j);
            v = place < typename S::Mask{} + typename S::Bits(seen + i * step - j)
                    ? v
                    : typename S::Vector{} + value;
            S::store(s + i * row + j, v);
        }
}

/// exp(scale (s - top)) in place of the scores of a tile's rows, row i's first seen + i step of them, zeros up to `end`
/// (at least that of the last row, a whole number of vectors); total[i] is their sum, top[i] the largest score.
/// @param step  keys that each row sees more than the one above: 1 where attention is causal, 0 without a mask
template <Index rows, class Real>
void softmax_numerators(Real* s, Index row, Index seen, Index step, Index end, Real scale, Real* top,
                        Real* total) {
    using S         = Simd<Real>;
    const Real rate = scale * Real(log2_e);
    hide_rest<Real, rows>(s, row, seen, step, end, -std::numeric_limits<Real>::infinity());
    typename S::Vector most[rows], sum[rows] = {}, v;
    for (Index i = 0; i < rows; ++i) S::load(most[i], s + i * row);
    for (Index j = S::width; j < end; j += S::width)
#pragma GCC unroll 8
        for (Index i = 0; i < rows; ++i) S::load(v, s + i * row + j), S::keep_larger(most[i], v);
    for (Index i = 0; i < rows; ++i) top[i] = S::largest(most[i]);
    for (Index j = 0; j < end; j += S::width)
#pragma GCC unroll 8
        for (Index i = 0; i < rows; ++i) {
            S::load(v, s + i * row + j);
            v = (v - top[i]) * rate;
            power_of_two<Real>(v);
            S::store(s + i * row + j, v);
            sum[i] += v;
        }
    for (Index i = 0; i < rows; ++i) total[i] = S::sum(sum[i]);
}

}  // namespace rung::cpu::inline RUNG_ISA
