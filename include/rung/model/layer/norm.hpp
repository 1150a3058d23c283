#pragma once
// The normalisations: each a list of weights and a forward and backward pass over rows.

#include "rung/model/weights.hpp"

namespace rung {

/// y = (x - mean) / deviation * gain + bias, per row.
template <int C, bool biased>
struct LayerNorm {
    enum Weight { gain, bias };
    static constexpr WeightList<2> weights{{
        {.name = "gain", .rows = 1, .cols = C, .init = Init::ones, .decay = false},
        {.name = "bias", .rows = biased ? 1 : 0, .cols = C, .init = Init::zeros, .decay = false},
    }};
    static constexpr Index         stats = 2;  ///< numbers per row that backward needs

    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> y, Mat<Acc<Real>> sums, Mat<Real> x, Weights<Acc<Real>> w) {
        layer_norm<C>(lane, y, sums, x, weight<LayerNorm>(w, gain), weight<LayerNorm>(w, bias));
    }
    /// dx += the gradient with respect to x.
    template <class Lane, class Real>
    static void add_backward(Lane& lane, Mat<Real> dx, Mat<Real> dy, Mat<Real> x, Mat<Acc<Real>> sums,
                             Weights<Acc<Real>> w, Acc<Real>* dw) {
        add_layer_norm_backward<C>(lane, dx, weight<LayerNorm>(dw, gain), weight<LayerNorm>(dw, bias), dy, x,
                                   sums, weight<LayerNorm>(w, gain));
    }
};

/// y = x / rms(x) * gain, per row.
template <int C>
struct RmsNorm {
    static constexpr WeightList<1> weights{
        {{.name = "gain", .rows = 1, .cols = C, .init = Init::ones, .decay = false}}};
    static constexpr Index stats = 1;

    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> y, Mat<Acc<Real>> sums, Mat<Real> x, Weights<Acc<Real>> w) {
        rms_norm<C>(lane, y, sums, x, weight<RmsNorm>(w, 0));
    }
    template <class Lane, class Real>
    static void add_backward(Lane& lane, Mat<Real> dx, Mat<Real> dy, Mat<Real> x, Mat<Acc<Real>> sums,
                             Weights<Acc<Real>> w, Acc<Real>* dw) {
        add_rms_norm_backward<C>(lane, dx, weight<RmsNorm>(dw, 0), dy, x, sums, weight<RmsNorm>(w, 0));
    }
};

/// y = x: for weights that are set by hand, and for training without norms.
template <int C>
struct NoNorm {
    static constexpr WeightList<0> weights{};
    static constexpr Index         stats = 0;

    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> y, Mat<Acc<Real>>, Mat<Real> x, Weights<Acc<Real>>) {
        copy(lane, y, x);
    }
    template <class Lane, class Real>
    static void add_backward(Lane& lane, Mat<Real> dx, Mat<Real> dy, Mat<Real>, Mat<Acc<Real>>,
                             Weights<Acc<Real>>, Acc<Real>*) {
        add(lane, dx, dy);
    }
};

}  // namespace rung
