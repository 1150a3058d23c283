#pragma once
// Element by element. An activation leaves in its input what its backward pass needs, as on the CPU.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

template <class T>
struct Fill {
    T*           y;
    float        value;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(value); }
};

/// y += x
template <class T>
struct Add {
    T*           y;
    T const*     x;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(widen(y[i]) + widen(x[i])); }
};

/// 1 / (1 + exp(-x))
RUNG_HD inline float sigmoid(float x) { return 1 / (1 + ::exp2f(-log2_e * x)); }

/// y = gelu(x), tanh form; x becomes gelu'(x).
template <class T>
struct Gelu {
    T *          y, *x;
    RUNG_HD void operator()(Index i) const {
        constexpr float slope = 1.5957691216057308f, cubic = 0.044715f;
        const float v = widen(x[i]), square = v * v * cubic, s = sigmoid(slope * v * (square + 1)), g = v * s;
        y[i] = narrow<T>(g);
        x[i] = narrow<T>(s + g * (1 - s) * (square * 3 + 1) * slope);
    }
};

/// dx = dy x, where x holds the slopes that Gelu left.
template <class T>
struct GeluBackward {
    T*           dx;
    T const *    dy, *x;
    RUNG_HD void operator()(Index i) const { dx[i] = narrow<T>(widen(dy[i]) * widen(x[i])); }
};

/// y (N, H) = silu(gate) up of x = [gate | up] (N, 2 H), which becomes [up silu'(gate) | silu(gate)].
template <class T>
struct Swiglu {
    T *          y, *x;
    int          hidden;
    RUNG_HD void operator()(Index i) const {
        const Index at = i / hidden * 2 * hidden + i % hidden;
        const float g = widen(x[at]), u = widen(x[at + hidden]), s = sigmoid(g), silu = g * s;
        y[i]           = narrow<T>(silu * u);
        x[at]          = narrow<T>(u * (s + silu * (1 - s)));
        x[at + hidden] = narrow<T>(silu);
    }
};

/// dx (N, 2 H) from dy (N, H) and what Swiglu left in x.
template <class T>
struct SwigluBackward {
    T*           dx;
    T const *    dy, *x;
    int          hidden;
    RUNG_HD void operator()(Index i) const {
        const Index at  = i / hidden * 2 * hidden + i % hidden;
        const float d   = widen(dy[i]);
        dx[at]          = narrow<T>(d * widen(x[at]));
        dx[at + hidden] = narrow<T>(d * widen(x[at + hidden]));
    }
};

}  // namespace rung::cuda
