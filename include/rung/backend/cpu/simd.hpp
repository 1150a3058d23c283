#pragma once
// The widest vector of the machine the program is compiled for, through the compilers' vector extension: explicit,
// so that speed does not hang on what an optimiser recognises. Nothing here depends on where a row lies in memory.

#include <cmath>
#include <cstdint>
#include <cstring>

#include "rung/backend/cpu/isa.hpp"
#include "rung/core/view.hpp"

#if defined(__AVX512F__)
#define RUNG_VECTOR_BYTES 64
#elif defined(__AVX__)
#define RUNG_VECTOR_BYTES 32
#else
#define RUNG_VECTOR_BYTES 16
#endif
#if defined(__x86_64__) && !defined(__AVX__)
#define RUNG_CHOOSES_AT_RUN_TIME  // products, where nearly all time goes, use AVX2 where the processor has it
#define RUNG_TILE_BYTES 32
#else
#define RUNG_TILE_BYTES RUNG_VECTOR_BYTES
#endif
#if defined(__AVX__)
#define RUNG_PARTIAL  // masked moves
#else
#define RUNG_PARTIAL [[gnu::noinline]]  // a loop: at the edges only
#endif
#if defined(__AVX__)
#include <immintrin.h>
#endif

namespace rung::cpu::inline RUNG_ISA {

template <class Real, int bytes = RUNG_VECTOR_BYTES>
struct Simd {
    static constexpr int width = bytes / int(sizeof(Real));
    typedef Real         Vector __attribute__((vector_size(bytes)));
    using Bits = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
    typedef Bits Mask __attribute__((vector_size(bytes)));

    // By reference: a vector by value has another calling convention with and without AVX.
    static void load(Vector& v, Real const* p) { std::memcpy(&v, p, sizeof v); }
    static void store(Real* p, Vector const& v) { std::memcpy(p, &v, sizeof v); }

    /// The first `count` values, zeros after them; memory past them is not touched.
    RUNG_PARTIAL static void load_first(Vector& v, Real const* p, Index count) {
        Mask mask;
        first(mask, count);
#if defined(__AVX512F__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm512_maskz_loadu_ps(bits(count), p);
        else v = (Vector)_mm512_maskz_loadu_pd(__mmask8(bits(count)), p);
#elif defined(__AVX__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm256_maskload_ps(p, (__m256i)mask);
        else v = (Vector)_mm256_maskload_pd(p, (__m256i)mask);
#else
        v = Vector{};
        for (Index i = 0; i < count; ++i) v[i] = p[i];
#endif
    }
    RUNG_PARTIAL static void store_first(Real* p, Vector const& v, Index count) {
        Mask mask;
        first(mask, count);
#if defined(__AVX512F__)
        if constexpr (sizeof(Real) == 4) _mm512_mask_storeu_ps(p, bits(count), (__m512)v);
        else _mm512_mask_storeu_pd(p, __mmask8(bits(count)), (__m512d)v);
#elif defined(__AVX__)
        if constexpr (sizeof(Real) == 4) _mm256_maskstore_ps(p, (__m256i)mask, (__m256)v);
        else _mm256_maskstore_pd(p, (__m256i)mask, (__m256d)v);
#else
        for (Index i = 0; i < count; ++i) p[i] = v[i];
#endif
    }

    /// All ones in the first `count` places.
    static void first(Mask& mask, Index count) {
        Mask place;
        for (int i = 0; i < width; ++i) place[i] = i;
        mask = place < Mask{} + Bits(count);
    }
    static unsigned short bits(Index count) { return static_cast<unsigned short>((1u << count) - 1); }

    /// The sum and the largest of a vector's values, by halves.
    static Real sum(Vector const& v) {
        return fold<width>(v, [](auto& a, auto const& b) { a += b; });
    }
    static Real largest(Vector const& v) {
        return fold<width>(v, [](auto& a, auto const& b) { a = a > b ? a : b; });
    }

    /// v = the larger or the smaller, place by place; w where either is NaN.
    static void keep_larger(Vector& v, Vector const& w) {
#if defined(__AVX512F__)  // GCC 12 warns of the forms without a mask
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm512_maskz_max_ps(0xffff, (__m512)v, (__m512)w);
        else v = (Vector)_mm512_maskz_max_pd(0xff, (__m512d)v, (__m512d)w);
#elif defined(__AVX__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm256_max_ps((__m256)v, (__m256)w);
        else v = (Vector)_mm256_max_pd((__m256d)v, (__m256d)w);
#else
        v = v > w ? v : w;
#endif
    }
    static void keep_smaller(Vector& v, Vector const& w) {
#if defined(__AVX512F__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm512_maskz_min_ps(0xffff, (__m512)v, (__m512)w);
        else v = (Vector)_mm512_maskz_min_pd(0xff, (__m512d)v, (__m512d)w);
#elif defined(__AVX__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm256_min_ps((__m256)v, (__m256)w);
        else v = (Vector)_mm256_min_pd((__m256d)v, (__m256d)w);
#else
        v = v < w ? v : w;
#endif
    }

    static void sqrt(Vector& v) {
#if defined(__AVX512F__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm512_maskz_sqrt_ps(0xffff, (__m512)v);
        else v = (Vector)_mm512_maskz_sqrt_pd(0xff, (__m512d)v);
#elif defined(__AVX__)
        if constexpr (sizeof(Real) == 4) v = (Vector)_mm256_sqrt_ps((__m256)v);
        else v = (Vector)_mm256_sqrt_pd((__m256d)v);
#else
        for (int i = 0; i < width; ++i) v[i] = std::sqrt(v[i]);
#endif
    }

private:
    template <int n, class V, class Join>
    static Real fold(V const& v, Join join) {
        if constexpr (n == 2) {
            Real a = v[0];
            join(a, Real(v[1]));
            return a;
        } else {
            typedef Real Half __attribute__((vector_size(n / 2 * sizeof(Real))));
            Half         a, b;
            std::memcpy(&a, &v, sizeof a);
            std::memcpy(&b, reinterpret_cast<char const*>(&v) + sizeof a, sizeof b);
            join(a, b);
            return fold<n / 2>(a, join);
        }
    }
};

/// The vectors of register tiles and packings.
template <class Real>
using TileSimd = Simd<Real, RUNG_TILE_BYTES>;

}  // namespace rung::cpu::inline RUNG_ISA
