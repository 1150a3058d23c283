#pragma once
// What loops ask for between their passes, four neighbours of rows without gaps at a time.

#include "rung/backend/cuda/body/pointwise.hpp"

namespace rung::cuda {

/// y = g x + (1 - g) z with g = sigmoid(h), which is left in h.
template <class T>
struct Mix {
    static constexpr int warps = 0;

    T *      y, *h;
    T const *x, *z;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      gate, from, to;
         gate.load(h, at, size), from.load(z, at, size), to.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             gate.v[j] = sigmoid(gate.v[j]);
             from.v[j] += gate.v[j] * (to.v[j] - from.v[j]);
        }
         gate.store(h, at, size), from.store(y, at, size);
    }
};

/// dh, and what Mix leaves of dy for x, in place; dz += the rest.
template <class T>
struct MixBackward {
    static constexpr int warps = 0;

    T *      dh, *dz, *dy;
    T const *g, *x, *z;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      d, gate, from, to, rest;
         d.load(dy, at, size), gate.load(g, at, size), from.load(z, at, size), to.load(x, at, size);
         rest.load(dz, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const float share = gate.v[j], slope = d.v[j];
             to.v[j] = slope * (to.v[j] - from.v[j]) * share * (1 - share);
             rest.v[j] += slope * (1 - share);
             d.v[j] = slope * share;
        }
         to.store(dh, at, size), rest.store(dz, at, size), d.store(dy, at, size);
    }
};

/// y (N, width) = N(0, deviation), the CPU's numbers, the same for rows of the same id; without ids each row's own. An
/// item is four values of a row.
template <class T>
struct FillNormal {
    static constexpr int warps = 0;

    T*                 y;
    int const*         ids;
    int                width;
    float              deviation;
    DropoutName const* name;

    RUNG_HD int groups() const { return (width + 3) / 4; }  ///< of a row

    RUNG_HD void operator()(Index item) const {
        const Index      row = item / groups();
        const int        at  = int(item % groups()) * 4;
        const auto       own = std::uint32_t(ids ? ids[row] : name->first_row + row);
        const RandomBits bits =
            philox(counter_of(Purpose::states, name->step, own, name->site, std::uint32_t(at / 4)),
                   key_of(name->seed));
        Four values;
        RUNG_UNROLL for (int j = 0; j < 4; ++j) values.v[j] =
            float(double(deviation) * normal_of(bits[std::size_t(j)]));
        values.store(y + row * width, at, width);
    }
};

/// Keys and values of new tokens from one cache to another, at place places[row] of slot slots[row]. An item is four
/// values of a row and head.
template <class T>
struct Carry {
    static constexpr int warps = 0;

    T const*   from;
    T*         to;
    int const *slots, *places;          ///< (N)
    int        heads, width, capacity;  ///< width: of a key and its value

    RUNG_HD int   groups() const { return (width + 3) / 4; }
    RUNG_HD Index items(Index rows) const { return rows * heads * groups(); }

    RUNG_HD void operator()(Index item) const {
        const int   at = int(item % groups()) * 4, head = int(item / groups() % heads);
        const Index row   = item / groups() / heads;
        const Index place = ((Index(slots[row]) * heads + head) * capacity + places[row]) * width;
        Four        values;
        values.load(from + place, at, width);
        values.store(to + place, at, width);
    }
};

}  // namespace rung::cuda
