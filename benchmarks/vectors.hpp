#pragma once
// The vector instructions that a program was built for. Without flags x86 gets those of 2003, which is never what one
// wants to measure.

#include <string_view>

namespace rung::bench {

#if defined(__AVX512F__)
inline constexpr int              vector_bytes = 64;
inline constexpr std::string_view vectors      = "AVX-512";
#elif defined(__AVX2__)
inline constexpr int              vector_bytes = 32;
inline constexpr std::string_view vectors      = "AVX2";
#elif defined(__x86_64__) || defined(__i386__)
inline constexpr int              vector_bytes = 16;
inline constexpr std::string_view vectors =
    "none; build with -march=x86-64-v3, -march=x86-64-v4 or -march=native";
#else
inline constexpr int              vector_bytes = 16;
inline constexpr std::string_view vectors      = "128 bits";
#endif

}  // namespace rung::bench
