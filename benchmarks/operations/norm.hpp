#pragma once
// Normalisation of every row, and its gradient.

#include "operation.hpp"

namespace rung::bench {

template <int width>
struct LayerNorm {
    Random x, y, stats, gain, bias;
    explicit LayerNorm(State const& state)
        : x(state.range(0), width, 1),
          y(x.view.rows, x.view.cols, 2),
          stats(x.view.rows, 2, 3),
          gain(1, x.view.cols, 4),
          bias(1, x.view.cols, 5) {}
    void rung(Lane& lane) { layer_norm<width>(lane, y.view, stats.view, x.view, gain.view, bias.view); }
    void eigen() {
        for (Index i = 0; i < x.view.rows; ++i) {
            const float mean = x.row(i).mean();
            y.row(i)         = x.row(i) - mean;
            const float inv  = 1 / std::sqrt(y.row(i).square().mean() + float(cpu::norm_epsilon));
            stats.view(i, 0) = mean, stats.view(i, 1) = inv;
            y.row(i) = y.row(i) * inv * gain.row(0) + bias.row(0);
        }
    }
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {7.0 * double(x.data.size()), 8.0 * double(x.data.size())}; }
};

template <int width>
struct LayerNormGradient {
    Random x, dy, dx, stats, gain, dgain, dbias;
    Row    normed, scaled;
    explicit LayerNormGradient(State const& state)
        : x(state.range(0), width, 1),
          dy(x.view.rows, x.view.cols, 2),
          dx(x.view.rows, x.view.cols, 3),
          stats(x.view.rows, 2, 4),
          gain(1, x.view.cols, 5),
          dgain(1, x.view.cols, 6),
          dbias(1, x.view.cols, 7) {}
    void rung(Lane& lane) {
        add_layer_norm_backward<width>(lane, dx.view, dgain.view, dbias.view, dy.view, x.view, stats.view,
                                       gain.view);
    }
    void eigen() {
        for (Index i = 0; i < x.view.rows; ++i) {
            const float inv = stats.view(i, 1);
            normed          = (x.row(i) - stats.view(i, 0)) * inv;
            scaled          = dy.row(i) * gain.row(0);
            dgain.row(0) += dy.row(i) * normed;
            dbias.row(0) += dy.row(i);
            dx.row(i) += inv * (scaled - scaled.mean() - normed * (scaled * normed).mean());
        }
    }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {14.0 * double(x.data.size()), 16.0 * double(x.data.size())}; }
};

template <int width>
struct RmsNorm {
    Random x, y, stats, gain;
    explicit RmsNorm(State const& state)
        : x(state.range(0), width, 1),
          y(x.view.rows, x.view.cols, 2),
          stats(x.view.rows, 1, 3),
          gain(1, x.view.cols, 4) {}
    void rung(Lane& lane) { rms_norm<width>(lane, y.view, stats.view, x.view, gain.view); }
    void eigen() {
        for (Index i = 0; i < x.view.rows; ++i) {
            const float inv  = 1 / std::sqrt(x.row(i).square().mean() + float(cpu::norm_epsilon));
            stats.view(i, 0) = inv;
            y.row(i)         = x.row(i) * inv * gain.row(0);
        }
    }
    Mat<float> result() { return y.view; }
    Cost       cost() const { return {4.0 * double(x.data.size()), 8.0 * double(x.data.size())}; }
};

template <int width>
struct RmsNormGradient {
    Random x, dy, dx, stats, gain, dgain;
    Row    scaled;
    explicit RmsNormGradient(State const& state)
        : x(state.range(0), width, 1),
          dy(x.view.rows, x.view.cols, 2),
          dx(x.view.rows, x.view.cols, 3),
          stats(x.view.rows, 1, 4),
          gain(1, x.view.cols, 5),
          dgain(1, x.view.cols, 6) {}
    void rung(Lane& lane) {
        add_rms_norm_backward<width>(lane, dx.view, dgain.view, dy.view, x.view, stats.view, gain.view);
    }
    void eigen() {
        for (Index i = 0; i < x.view.rows; ++i) {
            const float inv = stats.view(i, 0);
            scaled          = dy.row(i) * gain.row(0);
            dgain.row(0) += dy.row(i) * x.row(i) * inv;
            dx.row(i) += inv * (scaled - x.row(i) * (inv * inv * (scaled * x.row(i)).mean()));
        }
    }
    Mat<float> result() { return dx.view; }
    Cost       cost() const { return {10.0 * double(x.data.size()), 16.0 * double(x.data.size())}; }
};

}  // namespace rung::bench
