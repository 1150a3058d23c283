#pragma once
// Lanes that work on one item together. A body is written once, against a group, and runs on a group of one lane on
// the host, on warps and blocks of a GPU (group.cuh), and on emulated ones in tests (tests/support/simt.hpp).
//
//     size                        lanes of the group
//     rank()                      this lane's number
//     shuffle_xor(v, mask)        the v of lane rank() ^ mask, of the same warp
//     reduce(v, op)               of all lanes, the same bits in each
//     sync()                      no lane goes on before all are here, and sees what they wrote
// A warp also multiplies fragments, mma(c, a, b); a block also has warps and shared<T>(), memory of its own.

#include "rung/core/scalar.hpp"
#include "rung/core/view.hpp"

namespace rung::cuda {

inline constexpr float log2_e = 1.4426950408889634f;  // exp(x) is two to the x log2(e)

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
    template <class T>
    RUNG_HD T shuffle_xor(T v, int) const {
        return v;
    }
    template <class T, class Op>
    RUNG_HD T reduce(T v, Op) const {
        return v;
    }
    RUNG_HD void sync() const {}
};

/// Of a product of 16 x 16 and 16 x 8 by a warp, what one lane holds: PTX's mma.m16n8k16, its order.
struct FragmentA {
    bf16 v[8];
};
struct FragmentB {
    bf16 v[4];
};
struct FragmentC {
    float v[4] = {};
};

/// Neighbours that are read and written at once, 16 bytes at most.
template <class T, int n>
struct alignas(sizeof(T) * n) Pack {
    T v[n];
};

/// A row of D values in a group's registers. Lane r holds packs r, r + size, ... of the row; what lies past its end
/// reads as zero and is not written. Rows must be aligned like their packs: to 16 bytes where 128 divides D.
template <int D, class G>
struct Row {
    static constexpr int pack_of(int most) {
        int n = most;
        while (n > 1 && D % (G::size * n) != 0) n /= 2;
        return n;
    }
    static constexpr int  V     = pack_of(4);                             // floats of a pack
    static constexpr int  N     = (D + G::size * V - 1) / (G::size * V);  // packs of a lane
    static constexpr bool whole = D % (G::size * V) == 0;

    float v[N][V];

    RUNG_ANY_GROUP template <class T>
    RUNG_HD void load(G g, T const* row) {
        RUNG_UNROLL for (int i = 0; i < N; ++i) {
            const int  at = i * G::size + g.rank();
            Pack<T, V> some{};
            if (whole || at * V < D) some = reinterpret_cast<Pack<T, V> const*>(row)[at];
            RUNG_UNROLL for (int j = 0; j < V; ++j) v[i][j] = widen(some.v[j]);
        }
    }
    RUNG_ANY_GROUP template <class T>
    RUNG_HD void store(G g, T* row) const {
        RUNG_UNROLL for (int i = 0; i < N; ++i) {
            const int  at = i * G::size + g.rank();
            Pack<T, V> some;
            RUNG_UNROLL for (int j = 0; j < V; ++j) some.v[j] = narrow<T>(v[i][j]);
            if (whole || at * V < D) reinterpret_cast<Pack<T, V>*>(row)[at] = some;
        }
    }
    /// f(value) of every value that is there; `others` are rows of the same kind, f(value, other, ...).
    RUNG_ANY_GROUP template <class F, class... Others>
    RUNG_HD void each(G g, F f, Others&... others) {
        RUNG_UNROLL for (int i = 0; i < N; ++i)
            RUNG_UNROLL for (int j = 0; j < V; ++j) if (whole || (i * G::size + g.rank()) * V + j < D)
                f(v[i][j], others.v[i][j]...);
    }
};

}  // namespace rung::cuda
