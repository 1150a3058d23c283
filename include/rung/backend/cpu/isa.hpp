#pragma once
// The instruction set that this unit is compiled for, as a namespace: units built with different flags have kernels of
// different shapes, and the linker must not take one for the other.

#if defined(__AVX512F__) && defined(__AVX512BF16__)
#define RUNG_ISA avx512_bf16
#elif defined(__AVX512F__)
#define RUNG_ISA avx512
#elif defined(__AVX2__)
#define RUNG_ISA avx2
#elif defined(__AVX__)
#define RUNG_ISA avx
#else
#define RUNG_ISA baseline
#endif

#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || __FINITE_MATH_ONLY__ > 0
#error \
    "rung: build without -ffast-math, -Ofast and their parts: they reorder sums whose order is promised and forget NaN"
#endif
