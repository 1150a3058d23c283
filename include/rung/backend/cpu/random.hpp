#pragma once
// The words of a random stream (core/rng.hpp), several Philox blocks at a time.

#if defined(__SSE2__)
#include <emmintrin.h>  // <immintrin.h> is long to compile, see benchmarks/RESULTS.md
#endif

#include "rung/backend/cpu/simd.hpp"
#include "rung/core/rng.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Philox in the lanes of vectors, a block to each: a lane of 64 bits holds a word of 32, whatever stands above it.
/// (GCC loses the size of a vector whose type does not depend on a parameter.)
template <int bytes = RUNG_VECTOR_BYTES, class Lane = std::uint64_t>
class PhiloxBlocks {
    typedef Lane         Lanes __attribute__((vector_size(bytes)));
    static constexpr int width = bytes / int(sizeof(Lane));

public:
    static constexpr int words = 4 * width;  ///< of one call

    /// Words 4 block .. 4 block + words - 1 of the stream whose first block has the counter `first`.
    [[gnu::always_inline]] static void draw(std::uint32_t (&to)[words], RandomBits first,
                                            std::array<std::uint32_t, 2> key, std::uint32_t block) {
        Lanes place;
        for (int i = 0; i < width; ++i) place[i] = Lane(i);
        Lanes c0 = place + (first[0] + block), c1 = Lanes{} + first[1], c2 = Lanes{} + first[2],
              c3 = Lanes{} + first[3];
#pragma GCC unroll 10
        for (int round = 0; round < 10; ++round) {
            Lanes p, q;
            multiply(p, c0, 0xD2511F53), multiply(q, c2, 0xCD9E8D57);
            c0 = (q >> 32) ^ c1 ^ key[0], c1 = q;
            c2 = (p >> 32) ^ c3 ^ key[1], c3 = p;
            key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
        }
        // A block's four words lie in one lane of each: two pairs of them, and the pairs by turns.
        const Lanes low  = (c0 & 0xffffffff) | c1 << 32;
        const Lanes high = (c2 & 0xffffffff) | c3 << 32;
        Lanes       pairs[2];
        by_turns(pairs, low, high);
        std::memcpy(to, pairs, sizeof pairs);
    }

private:
    /// product = x y, of their lower halves.
    static void multiply(Lanes& product, Lanes const& x, std::uint64_t y) {
#if defined(__AVX512F__)
        if constexpr (bytes == 64) {
            product = (Lanes)_mm512_maskz_mul_epu32(0xff, (__m512i)x, (__m512i)(Lanes{} + y));
            return;
        }
#endif
#if defined(__AVX2__)
        if constexpr (bytes == 32) {
            product = (Lanes)_mm256_mul_epu32((__m256i)x, (__m256i)(Lanes{} + y));
            return;
        }
#endif
#if defined(__SSE2__)
        if constexpr (bytes == 16) {
            product = (Lanes)_mm_mul_epu32((__m128i)x, (__m128i)(Lanes{} + y));
            return;
        }
#endif
        product = (x & 0xffffffff) * y;
    }
    static void by_turns(Lanes (&to)[2], Lanes const& x, Lanes const& y) {
        if constexpr (width == 8)
            to[0] = __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11),
            to[1] = __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15);
        else if constexpr (width == 4)
            to[0] = __builtin_shufflevector(x, y, 0, 4, 1, 5),
            to[1] = __builtin_shufflevector(x, y, 2, 6, 3, 7);
        else to[0] = __builtin_shufflevector(x, y, 0, 2), to[1] = __builtin_shufflevector(x, y, 1, 3);
    }
};

}  // namespace rung::cpu::inline RUNG_ISA
