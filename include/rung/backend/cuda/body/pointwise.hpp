#pragma once
// Element by element, of rows without gaps. An activation leaves in its input what its backward pass needs, as on the
// CPU.

#include "rung/backend/cuda/group.hpp"
#include "rung/core/rng.hpp"

namespace rung::cuda {

template <class T>
struct Fill {
    static constexpr int warps = 0;

    T*           y;
    float        value;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(value); }
};

struct Convert {
    static constexpr int warps = 0;

    float const* from;
    bf16*        to;
    RUNG_HD void operator()(Index i) const { to[i] = narrow<bf16>(from[i]); }
};

/// y (N, width) += one row
template <class T>
struct AddRow {
    static constexpr int warps = 0;

    T*           y;
    T const*     row;
    int          width;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(widen(y[i]) + widen(row[i % width])); }
};

/// y += x. An item is four values, here and below.
template <class T>
struct Add {
    static constexpr int warps = 0;

    T*       y;
    T const* x;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      sum, more;
         sum.load(y, at, size), more.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) sum.v[j] += more.v[j];
         sum.store(y, at, size);
    }
};

/// 1 / (1 + exp(-x))
RUNG_HD inline float sigmoid(float x) { return 1 / (1 + ::exp2f(-log2_e * x)); }

/// y = gelu(x), tanh form; x becomes gelu'(x) if that is kept.
template <class T>
struct Gelu {
    static constexpr int warps = 0;

    T *  y, *x;
    int  size;
    bool keeps;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         constexpr float slope = 1.5957691216057308f, cubic = 0.044715f;
         const int       at = int(item) * 4;
         Four            in, out;
         in.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const float v = in.v[j], square = v * v * cubic, s = sigmoid(slope * v * (square + 1));
             out.v[j] = v * s;
             in.v[j]  = s + v * s * (1 - s) * (square * 3 + 1) * slope;
        }
         out.store(y, at, size);
         if (keeps) in.store(x, at, size);
    }
};

/// dx = dy x, where x holds the slopes that Gelu left.
template <class T>
struct GeluBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      d, slope;
         d.load(dy, at, size), slope.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) d.v[j] *= slope.v[j];
         d.store(dx, at, size);
    }
};

/// y (N, H) = silu(gate) up of x = [gate | up] (N, 2 H), which becomes [up silu'(gate) | silu(gate)] if
/// that is kept.
template <class T>
struct Swiglu {
    static constexpr int warps = 0;

    T *  y, *x;
    int  hidden;
    bool keeps;

    RUNG_HD int   groups() const { return (hidden + 3) / 4; }  ///< of a row
    RUNG_HD Index items(Index rows) const { return rows * groups(); }
    RUNG_HD void  operator()(Index item) const {
         const Index row = item / groups();
         const int   at  = int(item % groups()) * 4;
         T *const left = x + row * 2 * hidden, *const right = left + hidden;
         Four gate, up, out;
         gate.load(left, at, hidden), up.load(right, at, hidden);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const float g = gate.v[j], u = up.v[j], s = sigmoid(g), silu = g * s;
             out.v[j]  = silu * u;
             gate.v[j] = u * (s + silu * (1 - s));
             up.v[j]   = silu;
        }
         out.store(y + row * hidden, at, hidden);
         if (keeps) gate.store(left, at, hidden), up.store(right, at, hidden);
    }
};

/// dx (N, 2 H) from dy (N, H) and what Swiglu left in x.
template <class T>
struct SwigluBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      hidden;

    RUNG_HD int   groups() const { return (hidden + 3) / 4; }
    RUNG_HD Index items(Index rows) const { return rows * groups(); }
    RUNG_HD void  operator()(Index item) const {
         const Index row = item / groups(), from = row * 2 * hidden;
         const int   at = int(item % groups()) * 4;
         Four        d, left, right;
         d.load(dy + row * hidden, at, hidden);
         left.load(x + from, at, hidden), right.load(x + from + hidden, at, hidden);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) left.v[j] *= d.v[j], right.v[j] *= d.v[j];
         left.store(dx + from, at, hidden), right.store(dx + from + hidden, at, hidden);
    }
};

/// What names a dropout's random numbers.
struct DropoutName {
    std::uint64_t seed;
    Index         first_row;
    std::uint32_t step, site;
};

/// y (N, width) = dropout(y), the CPU's choices. An item is four values of a row: the words of one block of its stream.
template <class T>
struct Dropped {
    static constexpr int warps = 0;

    T*                 y;
    int                width;
    float              rate;
    DropoutName const* name;

    RUNG_HD int groups() const { return (width + 3) / 4; }  ///< of a row

    RUNG_HD void operator()(Index item) const {
        const Index      row = item / groups();
        const int        at  = int(item % groups()) * 4;
        const RandomBits bits =
            philox(counter_of(Purpose::dropout, name->step, std::uint32_t(name->first_row + row), name->site,
                              std::uint32_t(at / 4)),
                   key_of(name->seed));
        const float keep = 1 / (1 - rate);
        Four        values;
        values.load(y + row * width, at, width);
        RUNG_UNROLL for (int j = 0; j < 4; ++j) values.v[j] *= unit(bits[std::size_t(j)]) < rate ? 0 : keep;
        values.store(y + row * width, at, width);
    }
};

}  // namespace rung::cuda
