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

/// y += x
template <class T>
struct Add {
    static constexpr int warps = 0;

    T*           y;
    T const*     x;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(widen(y[i]) + widen(x[i])); }
};

/// 1 / (1 + exp(-x))
RUNG_HD inline float sigmoid(float x) { return 1 / (1 + ::exp2f(-log2_e * x)); }

/// y = gelu(x), tanh form; x becomes gelu'(x) if that is kept.
template <class T>
struct Gelu {
    static constexpr int warps = 0;

    T *  y, *x;
    bool keeps;

    RUNG_HD void operator()(Index i) const {
        constexpr float slope = 1.5957691216057308f, cubic = 0.044715f;
        const float v = widen(x[i]), square = v * v * cubic, s = sigmoid(slope * v * (square + 1)), g = v * s;
        y[i] = narrow<T>(g);
        if (keeps) x[i] = narrow<T>(s + g * (1 - s) * (square * 3 + 1) * slope);
    }
};

/// dx = dy x, where x holds the slopes that Gelu left.
template <class T>
struct GeluBackward {
    static constexpr int warps = 0;

    T*           dx;
    T const *    dy, *x;
    RUNG_HD void operator()(Index i) const { dx[i] = narrow<T>(widen(dy[i]) * widen(x[i])); }
};

/// y (N, H) = silu(gate) up of x = [gate | up] (N, 2 H), which becomes [up silu'(gate) | silu(gate)] if
/// that is kept.
template <class T>
struct Swiglu {
    static constexpr int warps = 0;

    T *  y, *x;
    int  hidden;
    bool keeps;

    RUNG_HD void operator()(Index i) const {
        const Index at = i / hidden * 2 * hidden + i % hidden;
        const float g = widen(x[at]), u = widen(x[at + hidden]), s = sigmoid(g), silu = g * s;
        y[i] = narrow<T>(silu * u);
        if (!keeps) return;
        x[at]          = narrow<T>(u * (s + silu * (1 - s)));
        x[at + hidden] = narrow<T>(silu);
    }
};

/// dx (N, 2 H) from dy (N, H) and what Swiglu left in x.
template <class T>
struct SwigluBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      hidden;

    RUNG_HD void operator()(Index i) const {
        const Index at  = i / hidden * 2 * hidden + i % hidden;
        const float d   = widen(dy[i]);
        dx[at]          = narrow<T>(d * widen(x[at]));
        dx[at + hidden] = narrow<T>(d * widen(x[at + hidden]));
    }
};

/// y (N, width) = dropout(y), the CPU's choices. An item is four values of a row: the words of one block of its stream.
template <class T>
struct Dropped {
    static constexpr int warps = 0;

    T*            y;
    int           width;
    float         rate;
    std::uint64_t seed;
    std::uint32_t step, site;
    Index         first_row;

    RUNG_HD int groups() const { return (width + 3) / 4; }  ///< of a row

    RUNG_HD void operator()(Index item) const {
        const Index      row  = item / groups();
        const int        at   = int(item % groups()) * 4;
        const RandomBits bits = philox(
            counter_of(Purpose::dropout, step, std::uint32_t(first_row + row), site, std::uint32_t(at / 4)),
            key_of(seed));
        const float keep = 1 / (1 - rate);
        Four        values;
        values.load(y + row * width, at, width);
        RUNG_UNROLL for (int j = 0; j < 4; ++j) values.v[j] *= unit(bits[std::size_t(j)]) < rate ? 0 : keep;
        values.store(y + row * width, at, width);
    }
};

}  // namespace rung::cuda
