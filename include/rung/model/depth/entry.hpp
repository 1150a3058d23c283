#pragma once
// From a loop's state to what its first layer reads: a norm perhaps, the injection, a row for the pass perhaps.

#include <algorithm>

#include "rung/core/sequences.hpp"
#include "rung/model/depth/depth.hpp"

namespace rung {

/// @tparam Norm  the style's, for NormBetween
template <class Depth, class Norm, int C>
struct Entry {
    using Loop                        = LoopOf<Depth>;
    using Inject                      = typename Loop::Inject::template Layer<C>;
    static constexpr bool reads_input = Inject::reads_input;
    /// Where logits follow the loop at once, the norm between passes is the one before them.
    static constexpr bool own_norm = Loop::norm_between && Schedule<Depth>::after > 0;

    static constexpr auto norm_weights = [] {
        if constexpr (own_norm) return under("norm", Norm::weights);
        else return WeightList<0>{};
    }();
    struct Passes {
        static constexpr WeightList<1> weights{{{.name   = "pass",
                                                 .rows   = Loop::pass_embedding ? Depth::passes : 0,
                                                 .cols   = C,
                                                 .decay  = false,
                                                 .lookup = true}}};
    };
    static constexpr auto   weights = norm_weights + under("inject", Inject::weights) + Passes::weights;
    static constexpr Extent inject = size_of(norm_weights), pass = inject + size_of(Inject::weights);
    static constexpr double flops = Inject::flops;  ///< per row, forward

    /// Numbers per row that a pass takes of the arena: activations, and sums of them.
    static constexpr Index kept      = Inject::kept + (Loop::norm_between ? C : 0),
                           kept_sums = Loop::norm_between ? Norm::stats : 0;

    /// @param state  (N, C), may be overwritten; empty: zeros
    /// @param input  (N, C) of the loop, is read only
    /// @param norm   the weights of the norm between passes
    template <class Lane, class Real>
    static Mat<Real> forward(Lane& lane, Entered<Real>& s, Mat<Real> state, Mat<Real> input, int at,
                             Weights<Acc<Real>> w, Weights<Acc<Real>> norm) {
        const auto take = [&] { return lane.arena.template take<Real>(input.rows, C); };
        s               = {};
        if (Loop::norm_between && at > 0) {
            s.raw = state, state = take();
            s.stats = lane.arena.template take<Acc<Real>>(input.rows, Norm::stats);
            Norm::forward(lane, state, s.stats, s.raw, norm);
        }
        s.state = state;
        static_assert(
            requires {
                { Inject::forward(lane, s, state, input, w + inject) } -> std::convertible_to<Mat<Real>>;
            },
            "Injection: Layer::forward must take (Lane&, rung::Entered<Real>&, rung::Mat<Real> state, "
            "rung::Mat<Real> input, rung::Weights<rung::Acc<Real>>) and give a rung::Mat<Real>, and be "
            "static");
        auto x = Inject::forward(lane, s, state, input, w + inject);
        if constexpr (Loop::pass_embedding) {
            if (x.data == input.data) x = take(), copy(lane, x, input);
            add_row(lane, x, row_of(w, at));
        }
        return x;
    }

    /// d: the gradient of what the first layer reads becomes that of the state; d_input += that of the input.
    template <class Lane, class Real>
    static void backward(Lane& lane, Mat<Real> d, Mat<Real> d_input, Entered<Real> const& s, Mat<Real> input,
                         int at, Weights<Acc<Real>> w, Acc<Real>* dw, Weights<Acc<Real>> norm,
                         Acc<Real>* d_norm) {
        if constexpr (Loop::pass_embedding) add_column_sums(lane, row_of(dw, at), d);
        static_assert(
            requires { Inject::backward(lane, d, d_input, s, input, w + inject, dw + inject); },
            "Injection: Layer::backward must take (Lane&, rung::Mat<Real> d, rung::Mat<Real> d_input, "
            "rung::Entered<Real> const&, rung::Mat<Real> input, rung::Weights<rung::Acc<Real>>, "
            "rung::Acc<Real>* dw), and be static");
        Inject::backward(lane, d, d_input, s, input, w + inject, dw + inject);
        if (Loop::norm_between && at > 0) {
            const auto mark = lane.arena.mark();
            const auto back = lane.arena.template take<Real>(d.rows, C);
            copy(lane, back, d);
            fill(lane, d, 0);
            Norm::add_backward(lane, d, back, s.raw, s.stats, norm, d_norm);
            lane.arena.release(mark);
        }
    }

private:
    template <class W>
    static auto row_of(W w, int at) {
        return weight<Passes>(w + pass, 0).slice(std::min(at, Depth::passes - 1), 1);
    }
};

}  // namespace rung
