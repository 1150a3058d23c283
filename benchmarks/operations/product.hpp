#pragma once
// The three products of a linear layer.

#include "operation.hpp"

namespace rung::bench {

/// y = x w
struct Product {
    Index  n, k, m;
    Random x, w, y;
    explicit Product(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), x(n, k, 1), w(k, m, 2), y(n, m, 3) {}
    void       rung(Lane& lane) { matmul(lane, y.view, x.view, w.view); }
    void       eigen() { y.matrix().noalias() = x.matrix() * w.matrix(); }
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + k * m + n * m)}; }
};

/// dx = dy wT
struct InputGradient {
    Index  n, k, m;
    Random dx, w, dy;
    explicit InputGradient(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), dx(n, k, 1), w(k, m, 2), dy(n, m, 3) {}
    void       rung(Lane& lane) { matmul_nt(lane, dx.view, dy.view, w.view); }
    void       eigen() { dx.matrix().noalias() = dy.matrix() * w.matrix().transpose(); }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + k * m + n * m)}; }
};

/// dw += xT dy
struct WeightGradient {
    Index  n, k, m;
    Random x, dw, dy;
    explicit WeightGradient(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), x(n, k, 1), dw(k, m, 2), dy(n, m, 3) {}
    void       rung(Lane& lane) { add_matmul_tn(lane, dw.view, x.view, dy.view); }
    void       eigen() { dw.matrix().noalias() += x.matrix().transpose() * dy.matrix(); }
    Mat<float> result() { return dw.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + 2 * k * m + n * m)}; }
};

}  // namespace rung::bench
