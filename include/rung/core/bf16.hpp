#pragma once
// bfloat16: a float's sign and exponent with 8 bits of precision.

#include <cstdint>
#include <cstring>

namespace rung {

/// The name of a precision, `cpu::Context<bf16>`, and its sixteen bits.
enum class bf16 : std::uint16_t {};

/// To the nearest, ties to even; NaN stays NaN.
inline std::uint16_t round_to_bf16(float x) {
    std::uint32_t bits;
    std::memcpy(&bits, &x, 4);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return std::uint16_t((bits >> 16) | 0x40u);
    return std::uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace rung
