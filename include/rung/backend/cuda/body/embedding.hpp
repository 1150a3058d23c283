#pragma once
// Rows looked up by id, the sum of their gradients, and the rotation that writes a position into queries and keys.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

/// y[row] = table[ids[row]], or y[row] += it; one value of (N, C) at a time.
template <class T, bool adds>
struct Embed {
    T const*   table;
    int const* ids;
    T*         y;
    int        width;

    RUNG_HD void operator()(Index i) const {
        const float x = widen(table[Index(ids[i / width]) * width + i % width]);
        y[i]          = narrow<T>(adds ? widen(y[i]) + x : x);
    }
};

/// dtable[id] += sum of dy over the rows of that id: an item is an id and 32 columns, whose group reads all ids.
template <class T>
struct EmbedBackward {
    T const*   dy;
    int const* ids;
    float*     dtable;
    Index      rows;
    int        width;

    RUNG_HD int groups() const { return (width + 31) / 32; }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const int id = int(item / groups());
        for (int lane = g.rank(); lane < 32; lane += G::size) {
            const int c   = int(item % groups()) * 32 + lane;
            float     sum = 0;
            if (c >= width) continue;
            for (Index row = 0; row < rows; ++row)
                if (ids[row] == id) sum += widen(dy[row * width + c]);
            dtable[Index(id) * width + c] += sum;
        }
    }
};

/// Channels c and c + D / 2 of a head turn by the angle of the row's position, or back; an item is a pair.
/// x (N, stride), of which heads * D channels turn; trig (positions, D): D / 2 cosines, then D / 2 sines.
template <class T>
struct Rotate {
    T*           x;
    int const*   positions;
    float const* trig;
    int          stride, heads, size;
    float        sign;  ///< -1 turns back

    RUNG_HD void operator()(Index i) const {
        const int   half = size / 2, c = int(i % half), head = int(i / half % heads);
        const Index row    = i / half / heads;
        T* const    a      = x + row * stride + head * size + c;
        const float cosine = trig[Index(positions[row]) * size + c],
                    sine   = trig[Index(positions[row]) * size + half + c] * sign;
        const float p = widen(a[0]), q = widen(a[half]);
        a[0] = narrow<T>(p * cosine - q * sine), a[half] = narrow<T>(q * cosine + p * sine);
    }
};

}  // namespace rung::cuda
