#pragma once
// Activations of rows without gaps, and their gradients, which make the slopes again. An item is four values.

#include "rung/backend/activation.hpp"
#include "rung/backend/cuda/body/pointwise.hpp"

namespace rung::cuda {

namespace body {

/// An activation's value and slope.
struct Activated {
    float value, slope;
};
template <Activation A>
RUNG_HD Activated activated(float x) {
    if constexpr (A == Activation::gelu) {
        constexpr float slope = 1.5957691216057308f, cubic = 0.044715f;
        const float     square = x * x * cubic, s = sigmoid(slope * x * (square + 1));
        return {x * s, s + x * s * (1 - s) * (square * 3 + 1) * slope};
    } else if constexpr (A == Activation::silu) {
        const float s = sigmoid(x), value = x * s;
        return {value, s + value * (1 - s)};
    } else {
        const float above = x < 0 ? 0 : x;
        if constexpr (A == Activation::relu) return {above, x > 0 ? 1.0f : 0.0f};
        else return {above * above, above + above};
    }
}

}  // namespace body

/// y = A(x)
template <Activation A, class T>
struct Activate {
    static constexpr int warps = 0;

    T*       y;
    T const* x;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      of;
         of.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) of.v[j] = body::activated<A>(of.v[j]).value;
         of.store(y, at, size);
    }
};

/// dx = dy A'(x)
template <Activation A, class T>
struct ActivateBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      d, of;
         d.load(dy, at, size), of.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) d.v[j] *= body::activated<A>(of.v[j]).slope;
         d.store(dx, at, size);
    }
};

/// y (N, H) = A(gate) up of x = [gate | up] (N, 2 H).
template <Activation A, class T>
struct ActivateGate {
    static constexpr int warps = 0;

    T*       y;
    T const* x;
    int      hidden;

    RUNG_HD int   groups() const { return (hidden + 3) / 4; }  ///< of a row
    RUNG_HD Index items(Index rows) const { return rows * groups(); }
    RUNG_HD void  operator()(Index item) const {
         const Index    row  = item / groups();
         const int      at   = int(item % groups()) * 4;
         T const* const left = x + row * 2 * hidden;
         Four           gate, up;
         gate.load(left, at, hidden), up.load(left + hidden, at, hidden);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) up.v[j] *= body::activated<A>(gate.v[j]).value;
         up.store(y + row * hidden, at, hidden);
    }
};

/// dx (N, 2 H) = [dy up A'(gate) | dy A(gate)]
template <Activation A, class T>
struct ActivateGateBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      hidden;

    RUNG_HD int   groups() const { return (hidden + 3) / 4; }
    RUNG_HD Index items(Index rows) const { return rows * groups(); }
    RUNG_HD void  operator()(Index item) const {
         const Index row = item / groups(), from = row * 2 * hidden;
         const int   at = int(item % groups()) * 4;
         Four        d, gate, up;
         d.load(dy + row * hidden, at, hidden);
         gate.load(x + from, at, hidden), up.load(x + from + hidden, at, hidden);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const body::Activated of = body::activated<A>(gate.v[j]);
             gate.v[j] = d.v[j] * up.v[j] * of.slope, up.v[j] = d.v[j] * of.value;
        }
         gate.store(dx + from, at, hidden), up.store(dx + from + hidden, at, hidden);
    }
};

/// y = cap tanh(x / cap)
template <class T>
struct SoftCap {
    static constexpr int warps = 0;

    T*       y;
    T const* x;
    int      size;
    float    cap;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      of;
         of.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) of.v[j] = cap * ::tanhf(of.v[j] / cap);
         of.store(y, at, size);
    }
};

/// dx = dy (1 - tanh(x / cap)^2)
template <class T>
struct SoftCapBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *x;
    int      size;
    float    cap;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      d, of;
         d.load(dy, at, size), of.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const float share = ::tanhf(of.v[j] / cap);
             d.v[j] *= 1 - share * share;
        }
         d.store(dx, at, size);
    }
};

}  // namespace rung::cuda
