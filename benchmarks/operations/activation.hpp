#pragma once
// GELU in its tanh form and SwiGLU, which leave their slopes where their input was, and their gradients, products with
// those slopes; and dropout. Eigen does the same work in each, with random words by the scalar generator.

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
    void rung(Lane& lane) { activate<Activation::gelu>(lane, y.view, x.view); }
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
    void       rung(Lane& lane) { activate_backward<Activation::gelu>(lane, dx.view, dy.view, x.view); }
    void       eigen() { dx.array() = dy.array() * x.array(); }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {double(x.data.size()), 12.0 * double(x.data.size())}; }
};

/// width: of the result; the input is twice as wide. As above, slopes are the next call's input.
struct SwiGlu {
    Random x, y, s;
    explicit SwiGlu(State const& state)
        : x(state.range(0), 2 * state.range(1), 1),
          y(x.view.rows, state.range(1), 2),
          s(x.view.rows, state.range(1), 3) {}
    void rung(Lane& lane) { activate_gate<Activation::silu>(lane, y.view, x.view); }
    void eigen() {
        auto gate = x.array().leftCols(y.view.cols), up = x.array().rightCols(y.view.cols);
        auto sigmoid = s.array();
        sigmoid      = 1 / (1 + (-gate).exp());
        y.array()    = gate * sigmoid;  // silu
        gate         = up * (sigmoid + y.array() * (1 - sigmoid));
        up.swap(y.array());
        y.array() *= up.eval();
    }
    Mat<float> result() { return y.view; }
    Cost cost() const { return {(exponential + 9) * double(y.data.size()), 20.0 * double(y.data.size())}; }
};

struct SwiGluGradient {
    Random x, dy, dx;
    explicit SwiGluGradient(State const& state)
        : x(state.range(0), 2 * state.range(1), 1),
          dy(x.view.rows, state.range(1), 2),
          dx(x.view.rows, x.view.cols, 3) {}
    void rung(Lane& lane) { activate_gate_backward<Activation::silu>(lane, dx.view, dy.view, x.view); }
    void eigen() {
        const Index H           = dy.view.cols;
        dx.array().leftCols(H)  = dy.array() * x.array().leftCols(H);
        dx.array().rightCols(H) = dy.array() * x.array().rightCols(H);
    }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {2.0 * double(dy.data.size()), 20.0 * double(dy.data.size())}; }
};

/// Ten rounds of Philox to four numbers, counted as 20 operations each.
struct Dropped {
    Random                   y;
    static constexpr Dropout drop{.rate = 0.1f, .seed = 1, .step = 1};
    explicit Dropped(State const& state) : y(state.range(0), state.range(1), 1) {}
    void rung(Lane& lane) { dropout(lane, y.view, drop, 1, 0); }
    void eigen() {
        const float keep = 1 / (1 - drop.rate);
        for (Index i = 0; i < y.view.rows; ++i) {
            Rng rng(drop.seed, Purpose::dropout, drop.step, std::uint32_t(i), 1);
            for (Index j = 0; j < y.view.cols; ++j) y.view(i, j) *= rng.uniform() < drop.rate ? 0 : keep;
        }
    }
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {20.0 * double(y.data.size()), 8.0 * double(y.data.size())}; }
};

}  // namespace rung::bench
