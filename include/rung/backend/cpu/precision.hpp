#pragma once
// What products multiply: single precision, double precision (for gradient checks), or bf16 pairs. Everything else,
// sums and weights included, stays in Real.

#include <cstdint>

#include "rung/backend/cpu/simd.hpp"
#include "rung/core/scalar.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// @tparam P  float, double or bf16: the precision of a context
template <class P>
struct Precision {
    using Real                   = P;  ///< of activations, sums, gradients and weights
    using Element                = P;  ///< of a packed operand
    static constexpr Index group = 1;  ///< neighbours in depth that an element holds
    using Elements               = typename TileSimd<P>::Vector;

    static Element join(Real const* x, Index, Index) { return *x; }
    static void    join(Elements& to, Elements const& x, Elements const&) { to = x; }
};

/// An element is two neighbours in depth, the first in its lower half, as the processor's dot product wants them.
template <>
struct Precision<bf16> {
    using Real                   = float;
    using Element                = std::uint32_t;
    static constexpr Index group = 2;
    typedef Element        Elements __attribute__((vector_size(RUNG_TILE_BYTES)));
    using Reals = TileSimd<float>::Vector;

    /// x[0] and x[stride], or zero where only one is `left`.
    static Element join(Real const* x, Index stride, Index left) {
        return round_to_bf16(x[0]) | (left > 1 ? std::uint32_t(round_to_bf16(x[stride])) << 16 : 0u);
    }
    static void join(Elements& to, Reals const& x, Reals const& next) {
        Elements high;
        round(to, x), round(high, next);
        to = (to >> 16) | (high & 0xffff0000u);
    }
    /// The upper half of each float, rounded to it; the lower half is left over.
    static void round(Elements& to, Reals const& x) {
        const Elements bits    = (Elements)x;
        const Elements rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
        to                     = x == x ? rounded : bits | 0x400000u;
    }
};

/// A vector of b's elements as a tile keeps it, and sum += a b with one element of a.
template <class P>
struct Factor {
    using Vector = typename TileSimd<P>::Vector;
    static void load(Vector& b, P const* p) { std::memcpy(&b, p, sizeof b); }
};

template <>
struct Factor<bf16> {
    using Real = TileSimd<float>::Vector;
#if defined(__AVX512BF16__)
    using Vector = __m512i;
    static void load(Vector& b, std::uint32_t const* p) { b = _mm512_loadu_si512(p); }
    static void multiply_add(Real& sum, std::uint32_t a, Vector const& b) {
        sum = (Real)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32(int(a)), (__m512bh)b);
    }
#else
    struct Vector {
        Real low, high;  // a bf16 is the upper half of a float
    };
    static void load(Vector& b, std::uint32_t const* p) {
        Precision<bf16>::Elements pair;
        std::memcpy(&pair, p, sizeof pair);
        b.low  = (Real)(pair << 16);
        b.high = (Real)(pair & 0xffff0000u);
    }
    static void multiply_add(Real& sum, std::uint32_t a, Vector const& b) {
        const std::uint32_t first = a << 16, second = a & 0xffff0000;
        float               x, y;
        std::memcpy(&x, &first, 4), std::memcpy(&y, &second, 4);
        sum += y * b.high;  // the processor's order: the second product first
        sum += x * b.low;
    }
#endif
};

}  // namespace rung::cpu::inline RUNG_ISA
