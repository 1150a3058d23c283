#pragma once
// The three products of a linear layer. The weights are packed beforehand, as a training step packs them once for all
// of its rows; Eigen and oneDNN, which is measured where RUNG_ONEDNN is defined, pack within each product.

#include "operation.hpp"

#ifdef RUNG_ONEDNN
#include <dnnl.hpp>
#endif

namespace rung::bench {

struct PackedWeights {
    Random              w;
    cpu::Context<float> ctx{{.threads = 1}};
    PackedWeights(Index k, Index m) : w(k, m, 2) {
        const PackedPlace place{k, m, 0, 0};
        panels_     = ctx.panels(2 * panels_size(k, m) + 2 * panels_size(m, k));
        transposed_ = panels_ + place.transposed_panels();
        cpu::pack(ctx, panels_, w.data.cdata(), std::span(&place, 1));
    }
    operator Packed<float>() const {
        Packed<float> packed(Mat<float const>(w.view));
        packed.panels = panels_, packed.transposed_panels = transposed_;
        return packed;
    }

private:
    float *panels_, *transposed_;
};

/// y = x w
struct Product {
    Index         n, k, m;
    PackedWeights w;
    Random        x, y;
    explicit Product(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), w(k, m), x(n, k, 1), y(n, m, 3) {}
    void rung(Lane& lane) { matmul(lane, y.view, x.view, w); }
    void eigen() { y.matrix().noalias() = x.matrix() * w.w.matrix(); }
#ifdef RUNG_ONEDNN
    void onednn() { dnnl::sgemm('N', 'N', n, m, k, 1, x.view.data, k, w.w.view.data, m, 0, y.view.data, m); }
#endif
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + k * m + n * m)}; }
};

/// dx = dy wT
struct InputGradient {
    Index         n, k, m;
    PackedWeights w;
    Random        dx, dy;
    explicit InputGradient(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), w(k, m), dx(n, k, 1), dy(n, m, 3) {}
    void rung(Lane& lane) { matmul_nt(lane, dx.view, dy.view, w); }
    void eigen() { dx.matrix().noalias() = dy.matrix() * w.w.matrix().transpose(); }
#ifdef RUNG_ONEDNN
    void onednn() {
        dnnl::sgemm('N', 'T', n, k, m, 1, dy.view.data, m, w.w.view.data, m, 0, dx.view.data, k);
    }
#endif
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + k * m + n * m)}; }
};

/// dw += xT dy
struct WeightGradient {
    Index  n, k, m;
    Random x, dw, dy;
    explicit WeightGradient(State const& state)
        : n(state.range(0)), k(state.range(1)), m(state.range(2)), x(n, k, 1), dw(k, m, 2), dy(n, m, 3) {}
    void rung(Lane& lane) { add_matmul_tn(lane, dw.view, x.view, dy.view); }
    void eigen() { dw.matrix().noalias() += x.matrix().transpose() * dy.matrix(); }
#ifdef RUNG_ONEDNN
    void onednn() { dnnl::sgemm('T', 'N', k, m, n, 1, x.view.data, k, dy.view.data, m, 1, dw.view.data, m); }
#endif
    Mat<float> result() { return dw.view; }
    Cost       cost() const { return {2.0 * double(n * k * m), 4.0 * double(n * k + 2 * k * m + n * m)}; }
};

}  // namespace rung::bench
