#pragma once
// Multi-head self-attention:  [q k v] = n Wqkv + b,  a = softmax(q kT / sqrt(D) + bias) v per head,  x += a Wp + b.
// Groups of query heads may read the same keys and values (Ainslie et al., "GQA", 2023), and a style may norm q and k
// first (Henry et al., "Query-key normalization", 2020; by RMS, as in Qwen 3 and Gemma 3).

#include "rung/core/cache.hpp"
#include "rung/core/look.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/shape.hpp"
#include "rung/model/style/style.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// Of the norm of queries and keys: each head divided by its rms (N, (H + KV) D), and 1 / rms (N, H + KV); or nothing.
template <class Real>
struct SavedHeads {
    Mat<Real>      normed;
    Mat<Acc<Real>> stats;

    SavedHeads first(Index rows) const { return {normed.slice(0, rows), stats.slice(0, rows)}; }
};

template <Shape S, class Position, class Style>
struct Attention {
    static constexpr int    C = S.width, D = S.head_size(), U = S.qkv();
    static constexpr int    queries = S.heads, keys = S.kv(), turned = queries + keys;  ///< heads
    static constexpr bool   biased = Style::biased, norms = norms_queries<Style>();
    static constexpr double flops = 2.0 * C * (U + C);  ///< of the maps per row, forward; scores come on top
    static constexpr Index  kept = norms ? turned * D : 0, kept_sums = norms ? turned : 0;  ///< of SavedHeads

    enum Weight { qkv, qkv_bias, q_norm, k_norm, project, project_bias };
    static constexpr WeightList<6> weights{{
        {.name = "qkv", .rows = C, .cols = U},
        {.name = "qkv_bias", .rows = biased ? 1 : 0, .cols = U, .init = Init::zeros, .decay = false},
        {.name = "q_norm", .rows = norms ? 1 : 0, .cols = D, .init = Init::ones, .decay = false},
        {.name = "k_norm", .rows = norms ? 1 : 0, .cols = D, .init = Init::ones, .decay = false},
        {.name = "project", .rows = C, .cols = C, .init = Init::residual},
        {.name = "project_bias", .rows = biased ? 1 : 0, .cols = C, .init = Init::zeros, .decay = false},
    }};

    /// u = [q k v] of every row, normed if they are to be, positions written in.  u (N, (H + 2 KV) D), n (N, C).
    template <class Lane, class Real>
    static void heads(Lane& lane, Mat<Real> u, SavedHeads<Real> const& s, Mat<Real> n, Sequences const& rows,
                      Weights<Acc<Real>> w) {
        matmul(lane, u, n, weight<Attention>(w, qkv), weight<Attention>(w, qkv_bias));
        if constexpr (norms)
            for (int part = 0; part < 2; ++part)
                head_norm<D>(lane, heads_of(u, part), heads_of(s.normed, part), stats_of(s.stats, part),
                             weight<Attention>(w, q_norm + part));
        if constexpr (Position::site == Site::query_key)
            rope(lane, u.columns(0, turned * D), rows.positions, turned, rotation_of<Position>(D));
    }
    /// y = x + a Wp + b
    template <class Lane, class Real>
    static void add_output(Lane& lane, Mat<Real> y, Mat<Real> x, Mat<Real> a, Weights<Acc<Real>> w) {
        add_matmul(lane, y, x, a, weight<Attention>(w, project), weight<Attention>(w, project_bias));
    }
    /// dn from dy; lse (N, H) as attention() left it. du, as large as u, is scratch, a is spent. d_bias gets the
    /// gradient of look's table, if that learns.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> dn, Mat<Real> du, Mat<Real> dy, Mat<Real> a,
                         Mat<Acc<Real>> lse, Mat<Real> u, SavedHeads<Real> const& s, Mat<Real> n,
                         Sequences const& rows, Look<Acc<Real>> const& look, Mat<Acc<Real>> d_bias,
                         Weights<Acc<Real>> w, Acc<Real>* dw) {
        const auto mark = lane.arena.mark();
        // y = a Wp  ->  dWp += aT dy,  da = dy WpT
        beside(lane, [&] { add_matmul_tn(lane, weight<Attention>(dw, project), a, dy); });
        beside(lane, [&] { add_column_sums(lane, weight<Attention>(dw, project_bias), dy); });
        matmul_nt(lane, dn, dy, weight<Attention>(w, project));
        attention_backward<D>(lane, du, dn, a, lse, u, rows, look, d_bias);
        if constexpr (Position::site == Site::query_key)
            rope_backward(lane, du.columns(0, turned * D), rows.positions, turned, rotation_of<Position>(D));
        if constexpr (norms)
            for (int part = 0; part < 2; ++part)
                add_head_norm_backward<D>(lane, heads_of(du, part), weight<Attention>(dw, q_norm + part),
                                          heads_of(s.normed, part), stats_of(s.stats, part),
                                          weight<Attention>(w, q_norm + part));
        // u = n W  ->  dW += nT du,  dn = du WT
        beside(lane, [&] { add_matmul_tn(lane, weight<Attention>(dw, qkv), n, du); });
        beside(lane, [&] { add_column_sums(lane, weight<Attention>(dw, qkv_bias), du); });
        matmul_nt(lane, dn, du, weight<Attention>(w, qkv));
        join(lane);
        lane.arena.release(mark);
    }

private:
    /// Queries are part 0, keys part 1.
    template <class Real>
    static Mat<Real> heads_of(Mat<Real> all, int part) {
        return all.columns(part * queries * D, (part == 0 ? queries : keys) * D);
    }
    template <class Real>
    static Mat<Real> stats_of(Mat<Real> all, int part) {
        return all.columns(part * queries, part == 0 ? queries : keys);
    }
};

}  // namespace rung
