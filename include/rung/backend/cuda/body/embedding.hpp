#pragma once
// Rows looked up by id, the sum of their gradients, and the rotation that writes a position into queries and keys.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

/// y[row] = table[ids[row]], or y[row] += it; an item is four values of a row of y (N, width).
template <class T, bool adds>
struct Embed {
    static constexpr int warps = 0;

    T const*   table;
    int const* ids;
    T*         y;
    int        width;

    RUNG_HD int   groups() const { return (width + Four::size - 1) / Four::size; }  ///< of a row
    RUNG_HD Index items(Index rows) const { return rows * groups(); }

    RUNG_HD void operator()(Index item) const {
        const Index    row  = item / groups();
        const int      at   = int(item % groups()) * Four::size;
        T const* const from = table + Index(ids[row]) * width;
        T* const       to   = y + row * width;
        if (Four::at_once(from, width) && Four::at_once(to, width)) look_up<Four::size>(to, from, at);
        else look_up<1>(to, from, at);
    }

private:
    template <int n>
    RUNG_HD void look_up(T* to, T const* from, int at) const {
        Four found;
        found.load<n>(from, at, width);
        if constexpr (adds) {
            Four sum;
            sum.load<n>(to, at, width);
            RUNG_UNROLL for (int j = 0; j < Four::size; ++j) found.v[j] += sum.v[j];
        }
        found.store<n>(to, at, width);
    }
};

/// y[ids[row]] += x[row], no id twice; one value of x (N, width) at a time.
template <class T>
struct Scatter {
    static constexpr int warps = 0;

    T const*   x;
    int const* ids;
    T*         y;
    int        width;

    RUNG_HD void operator()(Index i) const {
        T& to = y[Index(ids[i / width]) * width + i % width];
        to    = narrow<T>(widen(to) + widen(x[i]));
    }
};

/// dtable[id] += sum of dy over the rows of that id: an item is an id and 32 columns. Ids are read by 32, each warp its
/// share of them, so that few ids of many rows do not take long; the order of the sum is the same for every group.
template <class T>
struct EmbedBackward {
    static constexpr int warps = 8;

    T const*   dy;
    int const* ids;
    float*     dtable;
    Index      rows;
    int        width;

    RUNG_HD int        groups() const { return (width + 31) / 32; }  ///< of columns
    RUNG_HD static int shared() { return warps * 32 * int(sizeof(float)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const auto   warp = g.warp();
        const int    id = int(item / groups()), first = int(item % groups()) * 32;
        float* const waiting = g.template shared<float>();
        for (int share = g.rank() / 32; share < warps; share += G::warps)
            for (int lane = warp.rank(); lane < 32; lane += warp.size)
                waiting[share * 32 + lane] = sum(warp, id, first + lane, share);
        g.sync();
        for (int lane = g.rank(); lane < 32 && first + lane < width; lane += G::size) {
            float all = 0;
            for (int share = 0; share < warps; ++share) all += waiting[share * 32 + lane];
            dtable[Index(id) * width + first + lane] += all;
        }
    }

private:
    /// Of a share of the rows, 32 in every 32 * warps.
    RUNG_ANY_GROUP template <class W>
    RUNG_HD float sum(W warp, int id, int column, int share) const {
        T const* const from = dy + (column < width ? column : 0);  // past the end nobody uses the sum
        float          sum  = 0;
        for (Index start = 32 * share; start < rows; start += 32 * warps)
            for (Index row = start; row < start + 32; row += W::size) {
                const Index mine  = row + warp.rank();
                unsigned    found = warp.ballot(mine < rows && ids[mine] == id);
                while (found != 0) {
                    T some[4]{};  // reads under way together
                    RUNG_UNROLL for (T& one : some) {
                        if (found != 0) one = from[(row + lowest(found)) * width];
                        found &= found - 1;
                    }
                    RUNG_UNROLL for (const T one : some) sum += widen(one);
                }
            }
        return sum;
    }
};

/// Channels c and c + half of a head turn by the angle of the row's position, or back; an item is a pair.
/// x (N, stride), of which `heads` of `size` channels have 2 half that turn; trig (positions, 2 half): cosines, sines.
template <class T>
struct Rotate {
    static constexpr int warps = 0;

    T*           x;
    int const*   positions;
    float const* trig;
    int          stride, heads, size, half;
    float        sign;  ///< -1 turns back

    RUNG_HD void operator()(Index i) const {
        const int    c = int(i % half), head = int(i / half % heads);
        const Index  row    = i / half / heads;
        T* const     a      = x + row * stride + head * size + c;
        float const* of     = trig + Index(positions[row]) * 2 * half + c;
        const float  cosine = of[0], sine = of[half] * sign, p = widen(a[0]), q = widen(a[half]);
        a[0] = narrow<T>(p * cosine - q * sine), a[half] = narrow<T>(q * cosine + p * sine);
    }
};

/// y (N, width) += scale times the row of `waves` that belongs to the position; one value at a time.
template <class T>
struct AddSinusoids {
    static constexpr int warps = 0;

    T*           y;
    int const*   positions;
    float const* waves;
    int          width;
    float        scale;

    RUNG_HD void operator()(Index i) const {
        y[i] = narrow<T>(widen(y[i]) + scale * waves[Index(positions[i / width]) * width + i % width]);
    }
};

}  // namespace rung::cuda
