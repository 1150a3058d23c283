#pragma once
// What tensor cores multiply: of a product of 16 x 16 and 16 x 8 by a warp, what one lane holds, in the order of PTX's
// mma.m16n8k16.

#include <cstdint>
#include <cstring>

#include "rung/core/scalar.hpp"

namespace rung::cuda {

/// Two neighbours, the first in the low half.
using Pair = std::uint32_t;

/// Rounded as narrow() does.
RUNG_HD inline Pair pair(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    Pair both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
#else
    return Pair{round_to_bf16(low)} | Pair{round_to_bf16(high)} << 16;
#endif
}
RUNG_HD inline float low(Pair both) { return widen(bf16(std::uint16_t(both))); }
RUNG_HD inline float high(Pair both) { return widen(bf16(std::uint16_t(both >> 16))); }

/// In memory, at a multiple of 4 bytes.
RUNG_HD inline Pair load_pair(bf16 const* from) {
#if defined(__CUDA_ARCH__)
    return *reinterpret_cast<Pair const*>(from);
#else
    Pair both;
    std::memcpy(&both, from, sizeof both);
    return both;
#endif
}
RUNG_HD inline void store_pair(bf16* to, Pair both) {
#if defined(__CUDA_ARCH__)
    *reinterpret_cast<Pair*>(to) = both;
#else
    std::memcpy(to, &both, sizeof both);
#endif
}

struct FragmentA {
    Pair v[4];
};
struct FragmentB {
    Pair v[2];
};
struct FragmentC {
    float v[4] = {};
};

}  // namespace rung::cuda
