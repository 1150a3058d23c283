#pragma once
// Scalars that mean the same on the host and on a device.

#include <cmath>
#include <cstdint>
#include <cstring>

// What a function of both sides, and what a body for any group of lanes, is marked with.
#if defined(__CUDACC__)
#define RUNG_HD __host__ __device__
#define RUNG_ANY_GROUP _Pragma("nv_exec_check_disable")  // it calls what its group has, on either side
#else
#define RUNG_HD
#define RUNG_ANY_GROUP
#endif
#if defined(__CUDA_ARCH__)
#define RUNG_UNROLL _Pragma("unroll")
#else
#define RUNG_UNROLL
#endif

namespace rung {

/// bfloat16, a float's sign and exponent with 8 bits of precision: the name of a precision, `cpu::Context<bf16>`, and
/// its sixteen bits.
enum class bf16 : std::uint16_t {};

namespace detail {
template <class Real>
struct AccOf {
    using type = Real;
};
template <>
struct AccOf<bf16> {
    using type = float;
};
}  // namespace detail

/// What activations of a type are added up in: statistics, weights, and gradients of weights.
template <class Real>
using Acc = typename detail::AccOf<Real>::type;

/// To the nearest, ties to even; NaN stays NaN.
RUNG_HD inline std::uint16_t round_to_bf16(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    std::uint16_t rounded;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(rounded) : "f"(x));
    return rounded;
#else
    std::uint32_t bits;
    std::memcpy(&bits, &x, 4);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return std::uint16_t((bits >> 16) | 0x40u);
    return std::uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
#endif
}

/// What is stored, as the float that is computed with.
RUNG_HD inline float widen(float x) { return x; }
RUNG_HD inline float widen(bf16 x) {
    const std::uint32_t bits = std::uint32_t(x) << 16;
    float               wide;
    std::memcpy(&wide, &bits, 4);
    return wide;
}

/// And back.
template <class T>
RUNG_HD T narrow(float x) {
    if constexpr (sizeof(T) == sizeof(float)) return x;
    else return T(round_to_bf16(x));
}

}  // namespace rung
