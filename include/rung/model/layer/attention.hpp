#pragma once
// Multi-head self-attention:  [q k v] = n Wqkv + b,  a = softmax(q kT / sqrt(D) + bias) v per head,  x += a Wp + b.
// Groups of query heads may read the same keys and values (Ainslie et al., "GQA", 2023).

#include "rung/core/cache.hpp"
#include "rung/core/look.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/shape.hpp"
#include "rung/model/weights.hpp"

namespace rung {

template <Shape S, class Position, bool biased>
struct Attention {
    static constexpr int    C = S.width, turned = S.heads + S.kv(), U = S.qkv();
    static constexpr double flops = 2.0 * C * (U + C);  ///< of the maps per row, forward; scores come on top

    enum Weight { qkv, qkv_bias, project, project_bias };
    static constexpr WeightList<4> weights{{
        {.name = "qkv", .rows = C, .cols = U},
        {.name = "qkv_bias", .rows = biased ? 1 : 0, .cols = U, .init = Init::zeros, .decay = false},
        {.name = "project", .rows = C, .cols = C, .init = Init::residual},
        {.name = "project_bias", .rows = biased ? 1 : 0, .cols = C, .init = Init::zeros, .decay = false},
    }};

    /// u = [q k v] of every row, positions written in.  u (N, (H + 2 KV) D), n (N, C).
    template <class Lane, class Real>
    static void heads(Lane& lane, Mat<Real> u, Mat<Real> n, Sequences const& rows, Weights<Sum<Real>> w) {
        matmul(lane, u, n, weight<Attention>(w, qkv), weight<Attention>(w, qkv_bias));
        if constexpr (Position::site == Site::query_key)
            rope(lane, u.columns(0, turned * S.head_size()), rows.positions, turned, Position::theta);
    }
    /// y = x + a Wp + b
    template <class Lane, class Real>
    static void add_output(Lane& lane, Mat<Real> y, Mat<Real> x, Mat<Real> a, Weights<Sum<Real>> w) {
        add_matmul(lane, y, x, a, weight<Attention>(w, project), weight<Attention>(w, project_bias));
    }
    /// dn from dy; lse (N, H) as attention() left it. du, as large as u, is scratch, a is spent. d_bias gets the
    /// gradient of look's table, if that learns.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dn, Mat<Real> du, Mat<Real> dy, Mat<Real> a,
                         Mat<Sum<Real>> lse, Mat<Real> u, Mat<Real> n, Sequences const& rows,
                         Look<Sum<Real>> const& look, Mat<Sum<Real>> d_bias, Weights<Sum<Real>> w,
                         Sum<Real>* dw) {
        add_column_sums(lane, weight<Attention>(dw, project_bias), dy);
        add_matmul_tn(lane, weight<Attention>(dw, project), a, dy);  // y = a Wp  ->  dWp += aT dy
        matmul_nt(lane, dn, dy, weight<Attention>(w, project));      //               da   = dy WpT
        attention_backward<S.head_size()>(lane, du, dn, a, lse, u, rows, look, d_bias);
        if constexpr (Position::site == Site::query_key)
            rope_backward(lane, du.columns(0, turned * S.head_size()), rows.positions, turned,
                          Position::theta);
        add_column_sums(lane, weight<Attention>(dw, qkv_bias), du);
        add_matmul_tn(lane, weight<Attention>(dw, qkv), n, du);  // u = n W   ->  dW += nT du
        matmul_nt(lane, dn, du, weight<Attention>(w, qkv));      //               dn  = du WT
    }
};

}  // namespace rung
