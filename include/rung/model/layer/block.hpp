#pragma once
// One transformer block, norms first:  m = x + attention(norm(x)),  y = m + mlp(norm(m)).

#include "rung/core/buffer.hpp"
#include "rung/model/layer/attention.hpp"

namespace rung {

/// What the forward pass of one block keeps for the backward pass. N rows each.
template <class Real>
struct Saved {
    Mat<Real>      x, n1, u, a, m, n2, h, g;
    Mat<Sum<Real>> stats1, lse, stats2;

    /// The same of the first rows alone.
    Saved first(Index rows) const {
        const auto of = [&](auto all) { return all.slice(0, rows); };
        return {of(x), of(n1), of(u), of(a), of(m), of(n2), of(h), of(g), of(stats1), of(lse), of(stats2)};
    }
};

template <Shape S, class Position, class Style>
struct Block {
    static constexpr int C = S.width, F = S.mlp();
    using Norm = typename Style::template Norm<C>;
    using Mix  = Attention<S, Position, Style::biased>;
    using Mlp  = typename Style::template Mlp<C, F>;

    static constexpr auto weights = under("norm1", Norm::weights) + under("attention", Mix::weights) +
                                    under("norm2", Norm::weights) + under("mlp", Mlp::weights);
    static constexpr Extent mix = size_of(Norm::weights), norm2 = mix + size_of(Mix::weights),
                            mlp = norm2 + size_of(Norm::weights), size = mlp + size_of(Mlp::weights);
    static constexpr double flops = Mix::flops + Mlp::flops;  ///< per row, forward, without the scores

    /// Numbers per row that take() asks for: activations, and sums of them.
    static constexpr Index kept      = 4 * C + S.qkv() + Mlp::before + Mlp::after,
                           kept_sums = 2 * Norm::stats + S.heads;

    template <class Real>
    static Saved<Real> take(Arena& arena, Index N, Mat<Real> x) {
        const auto rows = [&](Index cols) { return arena.template take<Real>(N, cols); };
        const auto sums = [&](Index cols) { return arena.template take<Sum<Real>>(N, cols); };
        return {x,
                rows(C),
                rows(S.qkv()),
                rows(C),
                rows(C),
                rows(C),
                rows(Mlp::before),
                rows(Mlp::after),
                sums(Norm::stats),
                sums(S.heads),
                sums(Norm::stats)};
    }

    /// s.u = [q k v] of every row of s.x.
    template <class Lane, class Real>
    static void read(Lane& lane, Saved<Real> const& s, Sequences const& rows, Weights<Sum<Real>> w) {
        Norm::forward(lane, s.n1, s.stats1, s.x, w);
        Mix::heads(lane, s.u, s.n1, rows, w + mix);
    }
    /// y from s.x and the heads' output s.a; y may be s.x.
    template <class Lane, class Real>
    static void write(Lane& lane, Mat<Real> y, Saved<Real> const& s, Weights<Sum<Real>> w, Keep keep,
                      Dropout const& drop = {}, std::uint32_t site = 0, Index first_row = 0) {
        branch(lane, s.m, s.x, first_row, drop, site,
               [&](Mat<Real> out, Mat<Real> in) { Mix::add_output(lane, out, in, s.a, w + mix); });
        Norm::forward(lane, s.n2, s.stats2, s.m, w + norm2);
        branch(lane, y, s.m, first_row, drop, site + 1, [&](Mat<Real> out, Mat<Real> in) {
            Mlp::add_forward(lane, out, in, s.h, s.g, s.n2, w + mlp, keep);
        });
    }
    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> y, Saved<Real> const& s, Sequences const& rows,
                        Look<Sum<Real>> const& look, Weights<Sum<Real>> w, Dropout const& drop,
                        std::uint32_t site) {
        read(lane, s, rows, w);
        attention<S.head_size()>(lane, s.a, s.lse, s.u, rows, look);
        write(lane, y, s, w, Keep::slopes, drop, site, rows.first_row);
    }

    /// d: the gradient of y becomes that of x. The residual stream's own path is d itself; branches add to
    /// it.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> d, Saved<Real> const& s, Sequences const& rows,
                         Look<Sum<Real>> const& look, Mat<Sum<Real>> d_bias, Weights<Sum<Real>> w,
                         Sum<Real>* dw, Dropout const& drop, std::uint32_t site) {
        const auto mark = lane.arena.mark();
        const auto dn   = lane.arena.template take<Real>(d.rows, C),
                   du   = lane.arena.template take<Real>(d.rows, S.qkv());
        Mlp::backward(lane, dn, dropped(lane, d, rows, drop, site + 1), s.h, s.g, s.n2, w + mlp, dw + mlp);
        Norm::add_backward(lane, d, dn, s.m, s.stats2, w + norm2, dw + norm2);
        Mix::backward(lane, dn, du, dropped(lane, d, rows, drop, site), s.a, s.lse, s.u, s.n1, rows, look,
                      d_bias, w + mix, dw + mix);
        Norm::add_backward(lane, d, dn, s.x, s.stats1, w, dw);
        lane.arena.release(mark);
    }

private:
    /// y = x + dropout(branch). Without dropout the branch adds straight into the stream.
    template <class Lane, class Real, class Add>
    static void branch(Lane& lane, Mat<Real> y, Mat<Real> x, Index first_row, Dropout const& drop,
                       std::uint32_t site, Add&& add_to) {
        if (drop.rate <= 0) return add_to(y, x);
        fill(lane, y, 0);
        add_to(y, y);
        dropout(lane, y, drop, site, first_row);
        add(lane, y, x);
    }
    /// The gradient a branch receives: d itself, or a copy with the same elements dropped as in the forward
    /// pass.
    template <class Lane, class Real>
    static Mat<Real> dropped(Lane& lane, Mat<Real> d, Sequences const& rows, Dropout const& drop,
                             std::uint32_t site) {
        if (drop.rate <= 0) return d;
        const auto out = lane.arena.template take<Real>(d.rows, d.cols);
        copy(lane, out, d);
        dropout(lane, out, drop, site, rows.first_row);
        return out;
    }
};

}  // namespace rung
