#pragma once
// Lanes that work on one item together. A body is written once, against a group, and runs on a group of one lane on
// the host, on warps and blocks of a GPU (group.cuh), and on emulated ones in tests (tests/support/simt.hpp).
//
//     size, warps                 how many lanes the group has, and how many warps they make
//     rank()                      this lane's number
//     reduce(v, op)               of all lanes, the same bits in each
//     sync()                      no lane goes on before all are here, and sees what they wrote
// A warp also has
//     shuffle_xor(v, mask)        the v of lane rank() ^ mask
//     ballot(v)                   bit r says whether lane r has v
//     mma(c, a, b)                fragments multiplied: c += a b
//     matrices<transposed>(four, row)     pairs of four 8 x 8 matrices in the block's memory: lane r names row r % 8 of
//                                 matrix r / 8, at a multiple of 16 bytes, and gets of each the neighbours that the
//                                 lane has of a result, or of a transposed one
// and a block
//     warp()                      which a lane belongs to
//     shared<T>()                 memory of its own
//     copy(to, from, there)       a float or 16 bytes into that memory, or zeros, while lanes go on: copied() and a
//                                 sync() later they can be read
//     last(counter, n)            whether this is the last of n blocks that ask, each once with all of its lanes, and
//                                 sees what all wrote before. A sync(), too. The counter, 0 to begin with, is 0 again
// One lane is its own warp and block; it has no fragments, and nothing to copy.
//
// A body is an aggregate of numbers and pointers that says who works on an item:
//     static constexpr int warps  0: a lane, operator()(Index item); n: as many warps, operator()(G g, Index item)
//     static constexpr int blocks where registers decide: of so many blocks an SM must have room for all (without
//                                 shared() a block has four warps)
//     static constexpr int lanes  where a warp must have so many
//     int shared() const          bytes that g.shared() holds; without it one warp gets no block, which may hold others

#include <bit>
#include <cstdint>

#include "rung/core/scalar.hpp"
#include "rung/core/view.hpp"

namespace rung::cuda {

inline constexpr float log2_e = 1.4426950408889634f;  // exp(x) is two to the x log2(e)

/// Two to the x, within 2 units of the last place; a GPU has no numbers below 2^-126.
RUNG_HD inline float power_of_two(float x) {
#if defined(__CUDA_ARCH__)
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#else
    return ::exp2f(x);
#endif
}

struct Plus {
    template <class T>
    RUNG_HD T operator()(T a, T b) const {
        return a + b;
    }
};
struct Larger {
    template <class T>
    RUNG_HD T operator()(T a, T b) const {
        return a > b ? a : b;
    }
};

/// One lane.
struct Serial {
    static constexpr int size = 1, warps = 1;
    void*                memory = nullptr;  ///< what a block would share

    RUNG_HD static constexpr int rank() { return 0; }
    template <class T>
    RUNG_HD T* shared() const {
        return static_cast<T*>(memory);
    }
    RUNG_HD Serial warp() const { return *this; }
    template <class T>
    RUNG_HD T shuffle_xor(T v, int) const {
        return v;
    }
    RUNG_HD unsigned ballot(bool v) const { return v; }
    template <class T, class Op>
    RUNG_HD T reduce(T v, Op) const {
        return v;
    }
    RUNG_HD void sync() const {}
    RUNG_HD bool last(int* counter, int n) const {
        const bool is = ++*counter == n;
        if (is) *counter = 0;
        return is;
    }
};

/// What this lane adds up of term(first) .. term(last - 1), in double precision.
RUNG_ANY_GROUP template <class G, class Term>
RUNG_HD double share_of_sum(G g, Index first, Index last, Term term) {
    double sum = 0;
    for (Index i = first + g.rank(); i < last; i += G::size) sum += term(i);
    return sum;
}

/// What a block's lanes have in their shares, added up: the same bits in each. In its shared memory, G::warps numbers.
RUNG_ANY_GROUP template <class G>
RUNG_HD double sum_of_shares(G g, double share) {
    double* const waiting = g.template shared<double>();
    const auto    warp    = g.warp();
    const double  some    = warp.reduce(share, Plus{});
    g.sync();  // an earlier sum has been read
    if (warp.rank() == 0) waiting[g.rank() / 32] = some;
    g.sync();
    double all = 0;
    for (int w = 0; w < G::warps; ++w) all += waiting[w];
    return all;
}

/// The lowest bit that is set.
RUNG_HD inline int lowest(unsigned bits) {
#if defined(__CUDA_ARCH__)
    return __ffs(int(bits)) - 1;
#else
    return std::countr_zero(bits);
#endif
}

/// Neighbours that are read and written at once, 16 bytes at most.
template <class T, int n>
struct alignas(sizeof(T) * n) Pack {
    T v[n];
};

/// Four neighbours of a row of run-time width, from value `at` on; what lies past the row's end reads as zero and is
/// not written.
struct Four {
    static constexpr int size = 4;
    float                v[size];

    /// Whether all fours of this row, and of those that follow it without a gap, can be read and written at once.
    template <class T>
    RUNG_HD static bool at_once(T const* row, int width) {
        return width % size == 0 && reinterpret_cast<std::uintptr_t>(row) % sizeof(Pack<T, size>) == 0;
    }
    /// @tparam n  values at once: 4 or 1
    template <int n, class T>
    RUNG_HD void load(T const* row, int at, int width) {
        RUNG_UNROLL for (int j = 0; j < size; j += n) {
            Pack<T, n> some{};
            if (at + j < width) some = *reinterpret_cast<Pack<T, n> const*>(row + at + j);
            RUNG_UNROLL for (int k = 0; k < n; ++k) v[j + k] = widen(some.v[k]);
        }
    }
    template <int n, class T>
    RUNG_HD void store(T* row, int at, int width) const {
        RUNG_UNROLL for (int j = 0; j < size; j += n) {
            Pack<T, n> some;
            RUNG_UNROLL for (int k = 0; k < n; ++k) some.v[k] = narrow<T>(v[j + k]);
            if (at + j < width) *reinterpret_cast<Pack<T, n>*>(row + at + j) = some;
        }
    }
    /// By what can be done at once.
    template <class T>
    RUNG_HD void load(T const* row, int at, int width) {
        if (at_once(row, width)) load<size>(row, at, width);
        else load<1>(row, at, width);
    }
    template <class T>
    RUNG_HD void store(T* row, int at, int width) const {
        if (at_once(row, width)) store<size>(row, at, width);
        else store<1>(row, at, width);
    }
};

/// A row of run-time width, at most 128 N values, in a group's registers: a warp's lane r holds fours r, r + 32, ..., N
/// of them.
template <int N, class G>
struct Row {
    static constexpr int fours = 32 * N / G::size;

    Four v[fours];

    // What can be done at once is asked once, not per four: the reads of a row are under way together.
    RUNG_ANY_GROUP template <class T>
    RUNG_HD void load(G g, T const* row, int width) {
        if (Four::at_once(row, width)) load<Four::size>(g, row, width);
        else load<1>(g, row, width);
    }
    RUNG_ANY_GROUP template <class T>
    RUNG_HD void store(G g, T* row, int width) const {
        if (Four::at_once(row, width)) store<Four::size>(g, row, width);
        else store<1>(g, row, width);
    }
    /// f(value) of every value, zeros past the row's end too, which is less work than to leave them out; `others` are
    /// rows of the same kind, f(value, other, ...).
    RUNG_ANY_GROUP template <class F, class... Others>
    RUNG_HD void all(F f, Others&... others) {
        RUNG_UNROLL for (int i = 0; i < fours; ++i) RUNG_UNROLL for (int j = 0; j < Four::size; ++j)
            f(v[i].v[j], others.v[i].v[j]...);
    }
    /// The same of the values that are there.
    RUNG_ANY_GROUP template <class F, class... Others>
    RUNG_HD void each(G g, int width, F f, Others&... others) {
        RUNG_UNROLL for (int i = 0; i < fours; ++i)
            RUNG_UNROLL for (int j = 0; j < Four::size; ++j) if (first(g, i) + j < width)
                f(v[i].v[j], others.v[i].v[j]...);
    }

private:
    RUNG_ANY_GROUP template <int n, class T>
    RUNG_HD void load(G g, T const* row, int width) {
        RUNG_UNROLL for (int i = 0; i < fours; ++i) v[i].template load<n>(row, first(g, i), width);
    }
    RUNG_ANY_GROUP template <int n, class T>
    RUNG_HD void store(G g, T* row, int width) const {
        RUNG_UNROLL for (int i = 0; i < fours; ++i) v[i].template store<n>(row, first(g, i), width);
    }
    RUNG_ANY_GROUP RUNG_HD static int first(G g, int i) { return (i * G::size + g.rank()) * Four::size; }
};

}  // namespace rung::cuda
