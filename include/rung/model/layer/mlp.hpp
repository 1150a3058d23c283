#pragma once
// MLPs, applied to every row on its own:  x += act(x W1 + b1) W2 + b2, where act is an activation of every number or of
// every gate.

#include "rung/backend/activation.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// g = A(h), which the products before and behind it may apply themselves.
template <Activation A>
struct Elementwise {
    static constexpr Activation       activation = A;
    static constexpr int              inputs     = 1;  ///< columns of h for one of g
    static constexpr std::string_view up = "up", up_bias = "up_bias";
};

/// g = A(gate) up of h = [gate | up]  (Shazeer, "GLU variants improve transformer", 2020).
template <Activation A>
struct Gated {
    static constexpr int              inputs = 2;
    static constexpr std::string_view up = "gate_up", up_bias = "gate_up_bias";

    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> g, Mat<Real> h, Keep keep) {
        activate_gate<A>(lane, g, h, keep);
    }
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dh, Mat<Real> dg, Mat<Real> h) {
        activate_gate_backward<A>(lane, dh, dg, h);
    }
};

/// h = n W1 + b1,  g = act(h),  y = g W2 + b2.   N rows, C width, F hidden.
/// @tparam Act  Elementwise<...>, Gated<...>, or a type of your own with the members of Gated, whose backward() may
///              write dh where h is
template <int C, int F, class Act, bool biased = false>
struct Mlp {
    static constexpr bool   elementwise = requires { Act::activation; };
    static constexpr Index  before = Act::inputs * F, after = F;      ///< columns of h and of g
    static constexpr double flops = 2.0 * (Act::inputs + 1) * C * F;  ///< per row, forward

    enum Weight { up, up_bias, down, down_bias };
    static constexpr WeightList<4> weights{{
        {.name = Act::up, .rows = C, .cols = int(before)},
        {.name  = Act::up_bias,
         .rows  = biased ? 1 : 0,
         .cols  = int(before),
         .init  = Init::zeros,
         .decay = false},
        {.name = "down", .rows = F, .cols = C, .init = Init::residual},
        {.name = "down_bias", .rows = biased ? 1 : 0, .cols = C, .init = Init::zeros, .decay = false},
    }};

    /// y = x + the MLP of n.  h (N, before), g (N, after): for backward, if slopes are kept.
    template <class Lane, class Real>
    static void add_forward(Lane& lane, Mat<Real> y, Mat<Real> x, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                            Weights<Acc<Real>> w, Keep keep) {
        if constexpr (elementwise) {
            constexpr Activation A = Act::activation;
            matmul_activate<A>(lane, g, h, n, weight<Mlp>(w, up), weight<Mlp>(w, up_bias), keep);
        } else {
            matmul(lane, h, n, weight<Mlp>(w, up), weight<Mlp>(w, up_bias));
            Act::forward(lane, g, h, keep);
        }
        add_matmul(lane, y, x, g, weight<Mlp>(w, down), weight<Mlp>(w, down_bias));
    }
    /// dn from dy; h and g are spent.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dn, Mat<Real> dy, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                         Weights<Acc<Real>> w, Acc<Real>* dw) {
        const auto mark = lane.arena.mark();
        // y = g W2  ->  dW2 += gT dy,  dg = dy W2T
        beside(lane, [&] { add_matmul_tn(lane, weight<Mlp>(dw, down), g, dy); });
        beside(lane, [&] { add_column_sums(lane, weight<Mlp>(dw, down_bias), dy); });
        const auto dg = in_place_of(lane, g), dh = elementwise ? dg : h;
        if constexpr (elementwise) {
            constexpr Activation A = Act::activation;
            matmul_nt_activate_backward<A>(lane, dh, dy, weight<Mlp>(w, down), h, weight<Mlp>(dw, up_bias));
        } else {
            matmul_nt(lane, dg, dy, weight<Mlp>(w, down));
            Act::backward(lane, dh, dg, h);
            beside(lane, [&] { add_column_sums(lane, weight<Mlp>(dw, up_bias), dh); });
        }
        // h = n W1  ->  dW1 += nT dh,  dn = dh W1T
        beside(lane, [&] { add_matmul_tn(lane, weight<Mlp>(dw, up), n, dh); });
        matmul_nt(lane, dn, dh, weight<Mlp>(w, up));
        join(lane);
        lane.arena.release(mark);
    }
};

template <int C, int F, bool biased>
using GeluMlp = Mlp<C, F, Elementwise<Activation::gelu>, biased>;
template <int C, int F, bool biased = false>
using ReluMlp = Mlp<C, F, Elementwise<Activation::relu>, biased>;
/// So et al., "Primer", 2021.
template <int C, int F, bool biased = false>
using SquaredReluMlp = Mlp<C, F, Elementwise<Activation::relu_squared>, biased>;
template <int C, int F, bool biased = false>
using SwiGlu = Mlp<C, F, Gated<Activation::silu>, biased>;
template <int C, int F, bool biased = false>
using GeGlu = Mlp<C, F, Gated<Activation::gelu>, biased>;

}  // namespace rung
