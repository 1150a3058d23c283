#pragma once
// GELU in its tanh form, and its gradient.

#include "operation.hpp"

namespace rung::bench {

inline constexpr float gelu_slope = 0.7978845608f, gelu_cubic = 0.044715f;  // tanh form

struct Gelu {
    Random x, y;
    explicit Gelu(State const& state)
        : x(state.range(0), state.range(1), 1), y(x.view.rows, x.view.cols, 2) {}
    void rung(Lane& lane) { gelu(lane, y.view, x.view); }
    void eigen() {
        const auto a = x.array();
        y.array()    = 0.5f * a * (1 + (gelu_slope * (a + gelu_cubic * a.cube())).tanh());
    }
    Mat<float> result() { return y.view; }
    Cost cost() const { return {(exponential + 8) * double(x.data.size()), 8.0 * double(x.data.size())}; }
};

struct GeluGradient {
    Random x, dy, dx, t;
    explicit GeluGradient(State const& state)
        : x(state.range(0), state.range(1), 1),
          dy(x.view.rows, x.view.cols, 2),
          dx(x.view.rows, x.view.cols, 3),
          t(x.view.rows, x.view.cols, 4) {}
    void rung(Lane& lane) { gelu_backward(lane, dx.view, dy.view, x.view); }
    void eigen() {
        const auto a = x.array(), tanh = t.array();
        t.array()  = (gelu_slope * (a + gelu_cubic * a.cube())).tanh();
        dx.array() = 0.5f * dy.array() *
                     (1 + tanh + a * (1 - tanh.square()) * gelu_slope * (1 + 3 * gelu_cubic * a.square()));
    }
    Mat<float> result() { return dx.view; }
    Cost cost() const { return {(exponential + 16) * double(x.data.size()), 12.0 * double(x.data.size())}; }
};

}  // namespace rung::bench
