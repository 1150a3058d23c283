#pragma once
// The two MLPs, applied to every row on its own:  x += act(x W1 + b1) W2 + b2.

#include "rung/core/sequences.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// h = n W1 + b1,  g = gelu(h),  y = g W2 + b2.   N rows, C width, F hidden.
template <int C, int F, bool biased>
struct GeluMlp {
    enum Weight { up, up_bias, down, down_bias };
    static constexpr WeightList<4> weights{{
        {.name = "up", .rows = C, .cols = F},
        {.name = "up_bias", .rows = biased ? 1 : 0, .cols = F, .init = Init::zeros, .decay = false},
        {.name = "down", .rows = F, .cols = C, .init = Init::residual},
        {.name = "down_bias", .rows = biased ? 1 : 0, .cols = C, .init = Init::zeros, .decay = false},
    }};
    static constexpr Index         before = F, after = F;  ///< columns of h and of g
    static constexpr double        flops = 4.0 * C * F;    ///< per row, forward

    /// y = x + the MLP of n.  h (N, before), g (N, after): for backward, if slopes are kept.
    template <class Lane, class Real>
    static void add_forward(Lane& lane, Mat<Real> y, Mat<Real> x, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                            Weights<Sum<Real>> w, Keep keep) {
        matmul(lane, h, n, weight<GeluMlp>(w, up), weight<GeluMlp>(w, up_bias));
        gelu(lane, g, h, keep);
        add_matmul(lane, y, x, g, weight<GeluMlp>(w, down), weight<GeluMlp>(w, down_bias));
    }
    /// dn from dy; h and g are spent.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dn, Mat<Real> dy, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                         Weights<Sum<Real>> w, Sum<Real>* dw) {
        add_column_sums(lane, weight<GeluMlp>(dw, down_bias), dy);
        add_matmul_tn(lane, weight<GeluMlp>(dw, down), g, dy);  // y = g W2   ->  dW2 += gT dy
        matmul_nt(lane, g, dy, weight<GeluMlp>(w, down));       //                dg   = dy W2T
        gelu_backward(lane, h, g, h);                           // g = gelu(h) -> dh   = dg gelu'(h)
        add_column_sums(lane, weight<GeluMlp>(dw, up_bias), h);
        add_matmul_tn(lane, weight<GeluMlp>(dw, up), n, h);  // h = n W1   ->  dW1 += nT dh
        matmul_nt(lane, dn, h, weight<GeluMlp>(w, up));      //                dn   = dh W1T
    }
};

/// h = n [W1 | W3],  g = silu(h1) h2,  y = g W2  (Shazeer, 2020).
template <int C, int F>
struct SwiGlu {
    enum Weight { gate_up, down };
    static constexpr WeightList<2> weights{{
        {.name = "gate_up", .rows = C, .cols = 2 * F},
        {.name = "down", .rows = F, .cols = C, .init = Init::residual},
    }};
    static constexpr Index         before = 2 * F, after = F;
    static constexpr double        flops = 6.0 * C * F;

    template <class Lane, class Real>
    static void add_forward(Lane& lane, Mat<Real> y, Mat<Real> x, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                            Weights<Sum<Real>> w, Keep keep) {
        matmul(lane, h, n, weight<SwiGlu>(w, gate_up));
        swiglu(lane, g, h, keep);
        add_matmul(lane, y, x, g, weight<SwiGlu>(w, down));
    }
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dn, Mat<Real> dy, Mat<Real> h, Mat<Real> g, Mat<Real> n,
                         Weights<Sum<Real>> w, Sum<Real>* dw) {
        add_matmul_tn(lane, weight<SwiGlu>(dw, down), g, dy);
        matmul_nt(lane, g, dy, weight<SwiGlu>(w, down));
        swiglu_backward(lane, h, g, h);
        add_matmul_tn(lane, weight<SwiGlu>(dw, gate_up), n, h);
        matmul_nt(lane, dn, h, weight<SwiGlu>(w, gate_up));
    }
};

}  // namespace rung
