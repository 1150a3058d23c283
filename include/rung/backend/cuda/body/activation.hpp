#pragma once
// Activations of rows without gaps. Each leaves in its input what its backward pass needs, as on the CPU. An item is
// four values.

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

/// y = A(x); x becomes A'(x) if that is kept.
template <Activation A, class T>
struct Activate {
    static constexpr int warps = 0;

    T *  y, *x;
    int  size;
    bool keeps;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      in, out;
         in.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const body::Activated of = body::activated<A>(in.v[j]);
             out.v[j] = of.value, in.v[j] = of.slope;
        }
         out.store(y, at, size);
         if (keeps) in.store(x, at, size);
    }
};

/// dx = dy times the slopes that Activate left.
template <class T>
struct ActivateBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *slopes;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      d, slope;
         d.load(dy, at, size), slope.load(slopes, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) d.v[j] *= slope.v[j];
         d.store(dx, at, size);
    }
};

/// y (N, H) = A(gate) up of x = [gate | up] (N, 2 H), which becomes [up A'(gate) | A(gate)] if that is kept.
template <Activation A, class T>
struct ActivateGate {
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
             const body::Activated of = body::activated<A>(gate.v[j]);
             out.v[j]                 = of.value * up.v[j];
             gate.v[j] = up.v[j] * of.slope, up.v[j] = of.value;
        }
         out.store(y + row * hidden, at, hidden);
         if (keeps) gate.store(left, at, hidden), up.store(right, at, hidden);
    }
};

/// dx (N, 2 H) from dy (N, H) and the slopes that ActivateGate left.
template <class T>
struct ActivateGateBackward {
    static constexpr int warps = 0;

    T*       dx;
    T const *dy, *slopes;
    int      hidden;

    RUNG_HD int   groups() const { return (hidden + 3) / 4; }
    RUNG_HD Index items(Index rows) const { return rows * groups(); }
    RUNG_HD void  operator()(Index item) const {
         const Index row = item / groups(), from = row * 2 * hidden;
         const int   at = int(item % groups()) * 4;
         Four        d, left, right;
         d.load(dy + row * hidden, at, hidden);
         left.load(slopes + from, at, hidden), right.load(slopes + from + hidden, at, hidden);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) left.v[j] *= d.v[j], right.v[j] *= d.v[j];
         left.store(dx + from, at, hidden), right.store(dx + from + hidden, at, hidden);
    }
};

/// y = cap tanh(x / cap); x becomes the slope if that is kept.
template <class T>
struct SoftCap {
    static constexpr int warps = 0;

    T *   y, *x;
    int   size;
    float cap;
    bool  keeps;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      in, out;
         in.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) {
             const float share = ::tanhf(in.v[j] / cap);
             out.v[j] = cap * share, in.v[j] = 1 - share * share;
        }
         out.store(y, at, size);
         if (keeps) in.store(x, at, size);
    }
};

}  // namespace rung::cuda
