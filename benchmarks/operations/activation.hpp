#pragma once
// GELU in its tanh form, which leaves its slope where its input was, and its gradient, a product with that slope. Eigen
// does the same work in each.

#include "operation.hpp"

namespace rung::bench {

inline constexpr float gelu_slope = 0.7978845608f, gelu_cubic = 0.044715f;  // tanh form

/// The input becomes the slope, which the next call takes for its input: as much to do.
struct Gelu {
    Random x, y, t;
    explicit Gelu(State const& state)
        : x(state.range(0), state.range(1), 1),
          y(x.view.rows, x.view.cols, 2),
          t(x.view.rows, x.view.cols, 3) {}
    void rung(Lane& lane) { gelu(lane, y.view, x.view); }
    void eigen() {
        auto a = x.array(), tanh = t.array();
        tanh      = (gelu_slope * (a + gelu_cubic * a.cube())).tanh();
        y.array() = 0.5f * a * (1 + tanh);
        a = 0.5f * (1 + tanh + a * (1 - tanh.square()) * gelu_slope * (1 + 3 * gelu_cubic * a.square()));
    }
    Mat<float> result() { return y.view; }
    Cost cost() const { return {(exponential + 16) * double(x.data.size()), 16.0 * double(x.data.size())}; }
};

struct GeluGradient {
    Random x, dy, dx;
    explicit GeluGradient(State const& state)
        : x(state.range(0), state.range(1), 1),
          dy(x.view.rows, x.view.cols, 2),
          dx(x.view.rows, x.view.cols, 3) {}
    void       rung(Lane& lane) { gelu_backward(lane, dx.view, dy.view, x.view); }
    void       eigen() { dx.array() = dy.array() * x.array(); }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {double(x.data.size()), 12.0 * double(x.data.size())}; }
};

}  // namespace rung::bench
