#pragma once
// Powers of two on vectors; exp(x) is two to the x log2(e), and the factor usually folds into one that is there.

#include <limits>

#include "rung/backend/cpu/simd.hpp"

namespace rung::cpu {

inline constexpr double log2_e = 1.4426950408889634;

/// x = 2^x, place by place. Single precision: within 2 units in the last place of the true value, by a minimax
/// polynomial over [-1/2, 1/2] (relative error 9.2e-8); exactly 1 at 0, 0 from -127 down, 1.7e38 from 127 up, and NaN
/// stays NaN. Double precision, which only gradient checks use, asks the C library.
template <class Real>
[[gnu::always_inline]] inline void power_of_two(typename Simd<Real>::Vector& x) {
    using S = Simd<Real>;
    if constexpr (std::is_same_v<Real, float>) {
        using Vector         = typename S::Vector;
        using Mask           = typename S::Mask;
        const Vector lowest  = Vector{} - 127.f;
        const Vector highest = Vector{} + 127.f;
        Vector       at      = x < lowest ? lowest : x;
        at                   = at > highest ? highest : at;
        // n = round(x): adding and taking away 1.5 2^23 leaves an integer, in the low bits of the sum.
        const Vector shifted = at + 12582912.f;
        const Vector r = at - (shifted - 12582912.f), square = r * r;
        // Pairs of coefficients, then pairs of pairs: short chains, which is what such loops wait for.
        const Vector low  = r * 0.6931470036506653f + 1.f;
        const Vector mid  = r * 0.05550733581185341f + 0.24022242426872253f;
        const Vector high = r * 0.001326472731307149f + 0.009671512991189957f;
        // The exponent's bits of 2^n; at n = -127 they are those of zero.
        const Vector scale = (Vector)(((Mask)shifted - (0x4b400000 - 127)) << 23);
        x                  = ((high * square + mid) * square + low) * scale;
    } else {
        for (int i = 0; i < S::width; ++i) x[i] = std::exp2(x[i]);
    }
}

}  // namespace rung::cpu
