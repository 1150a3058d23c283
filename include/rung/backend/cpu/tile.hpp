#pragma once
// The register tile: R rows of c by W vectors of columns stay in registers while the kernel walks the depth.
// Everything that multiplies matrices comes down to this loop. A value of c is summed in the order of the depth
// whatever the tile, so a row's bits do not depend on its neighbours. A program built for any x86-64 chooses at run
// time whether to use AVX2 here, where nearly all of its time goes.

#include <algorithm>

#include "rung/backend/cpu/precision.hpp"

namespace rung::cpu::inline RUNG_ISA {

#ifdef RUNG_CHOOSES_AT_RUN_TIME
/// Whether this processor has it; a program that defines RUNG_NO_AVX2 does what it would do on an older one.
inline bool has_avx2() {
#ifdef RUNG_NO_AVX2
    return false;
#else
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has;
#endif
}
#endif

/// What the next call will read, fetched line by line while this one multiplies: as many rows of a panel's width as
/// there are steps of depth.
struct Soon {
    char const* data = nullptr;
    Index       row  = 0;  ///< bytes from one to the next
    Soon()           = default;
    template <class T>
    Soon(T const* from, Index stride)
        : data(reinterpret_cast<char const*>(from)), row(stride * Index(sizeof(T))) {}
};

template <class P>
struct Tile {
    using Real                   = typename Precision<P>::Real;
    using Element                = typename Precision<P>::Element;
    using S                      = TileSimd<Real>;
    static constexpr int   tall  = RUNG_TILE_BYTES == 64 ? 8 : 6;  // accumulators for 16 or 32 registers
    static constexpr Index width = 2 * S::width;                   // of a panel

    /// c (rows x count) = start + a b, one tile below the other.
    /// @tparam W       vectors to a row of b, a panel: 1 or 2
    /// @tparam strips  whether the R rows of a tile are neighbours, tiles lie `a_row` apart, and the last one is read
    ///                 whole even if fewer rows are left. Otherwise a's rows lie `a_row` apart
    /// @param  walk    of a in depth; 1 where it does not lie in strips
    /// @param  start_row  distance of the rows of start; 0 repeats one row (a bias, or zeros)
    /// @param  count      columns that there are; the panel is padded
    template <int R, int W, bool strips>
    static void compute(Index rows, Index depth, Element const* a, Index a_row, Index walk, Element const* b,
                        Real const* start, Index start_row, Real* c, Index c_row, Index count,
                        Soon soon = {}) {
#ifdef RUNG_CHOOSES_AT_RUN_TIME
        if (has_avx2())
            return on_avx2<R, W, strips>(rows, depth, a, a_row, walk, b, start, start_row, c, c_row, count,
                                         soon);
        // Processors of before 2013: one short kernel, row by row.
        for (Index i = 0; i < rows; ++i)
            as_compiled<1, W, true>(1, depth, a + (strips ? i / R * a_row + i % R : i * a_row), 0, walk, b,
                                    start + i * start_row, start_row, c + i * c_row, c_row, count, {});
#else
        as_compiled<R, W, strips>(rows, depth, a, a_row, walk, b, start, start_row, c, c_row, count, soon);
#endif
    }

    /// Any number of rows of a that are whole in memory: the tallest tiles, and lower ones for what is left. Four
    /// heights, because each is a kernel to compile.
    template <int W = 2>
    static void rows(Index rows, Index depth, Element const* a, Index a_row, Element const* b,
                     Real const* start, Index start_row, Real* c, Index c_row, Index count, Soon soon = {}) {
        // Where one tall tile less leaves two of 4 rows, those beat a tall one and a low one.
        const Index full = rows > tall && rows % tall + tall == 8 ? rows / tall - 1 : rows / tall;
        compute<tall, W, false>(full * tall, depth, a, a_row, 1, b, start, start_row, c, c_row, count, soon);
        for (Index m = full * tall, h; m < rows; m += h) {
            h              = rows - m >= 4 ? 4 : rows - m >= 2 ? 2 : 1;
            const auto low = [&]<int R>(std::integral_constant<int, R>) {
                compute<R, W, false>(R, depth, a + m * a_row, a_row, 1, b, start + m * start_row, start_row,
                                     c + m * c_row, c_row, count);
            };
            if (h == 4) low(std::integral_constant<int, 4>{});
            else if (h == 2) low(std::integral_constant<int, 2>{});
            else low(std::integral_constant<int, 1>{});
        }
    }

private:
#define RUNG_TILE_NAME as_compiled
#define RUNG_TILE_TARGET
#include "rung/backend/cpu/tile_kernel.inc"
#undef RUNG_TILE_NAME
#undef RUNG_TILE_TARGET
#ifdef RUNG_CHOOSES_AT_RUN_TIME
#define RUNG_TILE_NAME on_avx2
#define RUNG_TILE_TARGET [[gnu::target("avx2,fma")]]
#include "rung/backend/cpu/tile_kernel.inc"
#undef RUNG_TILE_NAME
#undef RUNG_TILE_TARGET
#endif

    static Index within(Index count) { return count < 0 ? 0 : count > S::width ? Index{S::width} : count; }
};

}  // namespace rung::cpu::inline RUNG_ISA
