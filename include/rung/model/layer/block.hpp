#pragma once
// One transformer block, two branches of the residual stream: m from x by attention, y from m by the MLP. With norms
// before them, m = x + attention(norm(x)),  y = m + mlp(norm(m)).

#include "rung/backend/activation.hpp"
#include "rung/core/buffer.hpp"
#include "rung/model/layer/attention.hpp"
#include "rung/model/layer/branch.hpp"

namespace rung {

/// What the forward pass of one block keeps for the backward pass. N rows each.
template <class Real>
struct Saved {
    Mat<Real>         x, u, a, m, h, g;
    Mat<Acc<Real>>    lse;
    SavedHeads<Real>  heads;
    SavedBranch<Real> mix, mlp;

    /// The same of the first rows alone.
    Saved first(Index rows) const {
        const auto of = [&](auto all) { return all.slice(0, rows); };
        return {of(x),           of(u),          of(a), of(m), of(h), of(g), of(lse), heads.first(rows),
                mix.first(rows), mlp.first(rows)};
    }
};

template <Shape S, class Position, class Style>
struct Block {
    static constexpr int   C = S.width, F = S.mlp();
    static constexpr Norms norms = norms_of<Style>();
    using Norm                   = typename Style::template Norm<C>;
    using Mix                    = Attention<S, Position, Style>;
    using Mlp                    = typename Style::template Mlp<C, F>;
    using Pre                    = std::conditional_t<norms != Norms::after, Norm, NoWeights>;
    using Post                   = std::conditional_t<norms != Norms::before, Norm, NoWeights>;

    static constexpr auto weights = under("norm1", Pre::weights) + under("attention", Mix::weights) +
                                    under("post_norm1", Post::weights) + under("norm2", Pre::weights) +
                                    under("mlp", Mlp::weights) + under("post_norm2", Post::weights);
    static constexpr Extent norm1{},
        mix = size_of(Pre::weights), post_norm1 = mix + size_of(Mix::weights),
        norm2 = post_norm1 + size_of(Post::weights), mlp = norm2 + size_of(Pre::weights),
        post_norm2 = mlp + size_of(Mlp::weights), size = post_norm2 + size_of(Post::weights);
    using MixBranch = Branch<C, Norm, norms, norm1, post_norm1>;
    using MlpBranch = Branch<C, Norm, norms, norm2, post_norm2>;

    static constexpr double flops = Mix::flops + Mlp::flops;  ///< per row, forward, without the scores

    /// Numbers per row that take() asks for: activations, and sums of them.
    static constexpr Index kept = 2 * C + S.qkv() + Mix::kept + Mlp::before + Mlp::after + MixBranch::kept +
                                  MlpBranch::kept,
                           kept_sums = S.heads + Mix::kept_sums + MixBranch::kept_sums + MlpBranch::kept_sums;
    /// Numbers per row that backward() asks for beside dn, du, and copies for dropout.
    static constexpr Index more_scratch = MixBranch::ends ? C : 0;

    template <class Real>
    [[gnu::noinline]] static Saved<Real> take(Arena& arena, Index N, Mat<Real> x) {
        const auto rows = [&](Index cols) { return arena.template take<Real>(N, cols); };
        const auto sums = [&](Index cols) { return arena.template take<Acc<Real>>(N, cols); };
        return {x,
                rows(S.qkv()),
                rows(C),
                rows(C),
                rows(Mlp::before),
                rows(Mlp::after),
                sums(S.heads),
                {rows(Mix::kept), sums(Mix::kept_sums)},
                MixBranch::template take<Real>(arena, N),
                MlpBranch::template take<Real>(arena, N)};
    }

    /// s.u = [q k v] of every row of s.x.
    template <class Lane, class Real>
    static void read(Lane& lane, Saved<Real> const& s, Sequences const& rows, Weights<Acc<Real>> w) {
        Mix::heads(lane, s.u, s.heads, MixBranch::enter(lane, s.mix, s.x, w), rows, w + mix);
    }
    /// y from s.x and the heads' output s.a; y may be s.x.
    template <class Lane, class Real>
    static void write(Lane& lane, Mat<Real> y, Saved<Real> const& s, Weights<Acc<Real>> w, Keep keep,
                      Dropout const& drop = {}, std::uint32_t site = 0, Index first_row = 0) {
        MixBranch::leave(
            lane, s.m, s.mix, s.x, w, {drop, site, first_row},
            [&](Mat<Real> to, Mat<Real> stream) { Mix::add_output(lane, to, stream, s.a, w + mix); });
        const auto n = MlpBranch::enter(lane, s.mlp, s.m, w);
        MlpBranch::leave(lane, y, s.mlp, s.m, w, {drop, site + 1, first_row},
                         [&](Mat<Real> to, Mat<Real> stream) {
                             Mlp::add_forward(lane, to, stream, s.h, s.g, n, w + mlp, keep);
                         });
    }
    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> y, Saved<Real> const& s, Sequences const& rows,
                        Look<Acc<Real>> const& look, Weights<Acc<Real>> w, Dropout const& drop,
                        std::uint32_t site) {
        read(lane, s, rows, w);
        attention<S.head_size()>(lane, s.a, s.lse, s.u, rows, look);
        write(lane, y, s, w, Keep::slopes, drop, site, rows.first_row);
    }

    /// d: the gradient of y becomes that of x.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> d, Saved<Real> const& s, Sequences const& rows,
                         Look<Acc<Real>> const& look, Mat<Acc<Real>> d_bias, Weights<Acc<Real>> w,
                         Acc<Real>* dw, Dropout const& drop, std::uint32_t site) {
        const auto mark = lane.arena.mark();
        const auto take = [&](Index cols) { return lane.arena.template take<Real>(d.rows, cols); };
        const auto dn = take(C), du = take(S.qkv()), dz = take(more_scratch);
        MlpBranch::backward(lane, d, dn, dz, s.mlp, s.m, w, dw, {drop, site + 1, rows.first_row},
                            [&](Mat<Real> to, Mat<Real> dy) {
                                const auto n = MlpBranch::begins ? s.mlp.n : s.m;
                                Mlp::backward(lane, to, dy, s.h, s.g, n, w + mlp, dw + mlp);
                            });
        MixBranch::backward(lane, d, dn, dz, s.mix, s.x, w, dw, {drop, site, rows.first_row},
                            [&](Mat<Real> to, Mat<Real> dy) {
                                const auto n = MixBranch::begins ? s.mix.n : s.x;
                                Mix::backward(lane, to, du, dy, s.a, s.lse, s.u, s.heads, n, rows, look,
                                              d_bias, w + mix, dw + mix);
                            });
        lane.arena.release(mark);
    }
};

}  // namespace rung
