#pragma once
// exp on vectors.

#include "rung/backend/cpu/simd.hpp"

namespace rung::cpu {

/// x = exp(x), place by place. Single precision: within 1.1 units in the last place of the true value, by a tested
/// polynomial (Cephes' expf, Moshier 1992); 0 below -87.3, no larger than 2.4e38, and NaN stays NaN. Double precision,
/// which only gradient checks use, asks the C library.
template <class Real>
[[gnu::always_inline]] inline void exponential(typename Simd<Real>::Vector& x) {
    using S = Simd<Real>;
    if constexpr (std::is_same_v<Real, float>) {
        using Vector           = typename S::Vector;
        using Mask             = typename S::Mask;
        const Vector lowest    = Vector{} - 87.33654f;
        const Vector highest   = Vector{} + 88.37626f;
        const Mask   vanishing = x < lowest;
        Vector       at        = vanishing ? lowest : x;
        at                     = at > highest ? highest : at;
        // n = round(x / ln 2): adding and taking away 1.5 2^23 leaves an integer, in the low bits of the sum.
        const Vector shifted = at * 1.44269504f + 12582912.f;
        const Vector n       = shifted - 12582912.f;
        const Vector r       = (at - n * 0.693359375f) + n * 2.12194440e-4f;
        Vector       p       = Vector{} + 1.9875691500e-4f;
        p                    = p * r + 1.3981999507e-3f;
        p                    = p * r + 8.3334519073e-3f;
        p                    = p * r + 4.1665795894e-2f;
        p                    = p * r + 1.6666665459e-1f;
        p                    = p * r + 5.0000001201e-1f;
        p                    = p * (r * r) + r + 1.f;
        p *= (Vector)(((Mask)shifted - (0x4b400000 - 127)) << 23);  // times 2^n
        x = vanishing ? Vector{} : p;
    } else {
        for (int i = 0; i < S::width; ++i) x[i] = std::exp(x[i]);
    }
}

}  // namespace rung::cpu
