#pragma once
// Powers of two on vectors; exp(x) is two to the x log2(e), and the factor usually folds into one that is there.

#include <limits>

#include "rung/backend/cpu/simd.hpp"

namespace rung::cpu::inline RUNG_ISA {

inline constexpr double log2_e = 1.4426950408889634;

/// x = 2^x, place by place. Single precision: within 2 units in the last place of the true value from -126 up, by a
/// polynomial over [-1/2, 1/2] that was fitted in such units; exact at integers, 0 below -126.5, 1.7e38 from 127 up,
/// and NaN stays NaN. Double precision, which only gradient checks use, asks the C library.
template <class Real>
[[gnu::always_inline]] inline void power_of_two(typename Simd<Real>::Vector& x) {
    using S = Simd<Real>;
    if constexpr (std::is_same_v<Real, float>) {
        using Vector = typename S::Vector;
        using Mask   = typename S::Mask;
        Vector at = Vector{} - 127.f, highest = Vector{} + 127.f;
        S::keep_larger(at, x), S::keep_smaller(highest, at), at = highest;
        // n = round(x): adding and taking away 1.5 2^23 leaves an integer, in the low bits of the sum.
        const Vector shifted = at + 12582912.f;
        const Vector r = at - (shifted - 12582912.f), square = r * r;
        // Pairs of coefficients first: short chains, which is what such loops wait for. The last step adds to a power
        // of two, so it rounds once, whatever came before.
        const Vector mid  = r * 0.0555106997f + 0.240222335f;
        const Vector high = r * 0.00131702947f + 0.00967183709f;
        const Vector rise = (high * square + mid) * r + 0.693146706f;
        // The exponent's bits of 2^n; at n = -127 they are those of zero.
        const Vector scale = (Vector)(((Mask)shifted - (0x4b400000 - 127)) << 23);
        x                  = rise * (r * scale) + scale;
    } else {
        Real each[S::width];  // GCC 12 takes a vector that is changed place by place for uninitialised
        S::store(each, x);
        for (Real& one : each) one = std::exp2(one);
        S::load(x, each);
    }
}

}  // namespace rung::cpu::inline RUNG_ISA
