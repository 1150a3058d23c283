#pragma once
// What a loop shows its layers again before each pass. A kind of injection has a template member `Layer<C>` beside
// those below: weights, a forward and a backward pass.

#include <concepts>

#include "rung/model/members.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// What a pass was entered with, for its backward pass. N rows each; what a kind does not need is empty.
template <class Real>
struct Entered {
    Mat<Real>      raw;    ///< the state before the norm between passes
    Mat<Acc<Real>> stats;  ///< of that norm
    Mat<Real>      state;  ///< what the injection was given; empty: zeros
    Mat<Real>      gate;
};

/// A pass starts from where the last one ended.
struct NoInjection {
    template <int C>
    struct Layer {
        static constexpr WeightList<0> weights{};
        static constexpr bool          reads_input = false;
        static constexpr Index         kept        = 0;  ///< columns taken of the arena in a pass
        static constexpr double        flops       = 0;  ///< per row, forward

        /// What the first block of the pass reads, from the state (N, C), which may be overwritten, and the loop's
        /// input (N, C), which may not. An empty state stands for zeros.
        template <class Lane, class Real>
        static Mat<Real> forward(Lane&, Entered<Real>&, Mat<Real> state, Mat<Real>, Weights<Acc<Real>>) {
            return state;
        }
        /// d: the gradient of what the pass reads becomes that of the state; d_input += that of the input.
        template <class Lane, class Real>
        static void backward(Lane&, Mat<Real>, Mat<Real>, Entered<Real> const&, Mat<Real>, Weights<Acc<Real>>,
                             Acc<Real>*) {}
    };
};

/// x = state + input (Yang et al., "Looped transformers are better at learning learning algorithms", ICLR 2024: without
/// it a loop forgets what it was asked, and degrades past the number of passes it was trained with).
struct AddInput {
    template <int C>
    struct Layer {
        static constexpr WeightList<0> weights{};
        static constexpr bool          reads_input = true;
        static constexpr Index         kept        = 0;
        static constexpr double        flops       = 0;

        template <class Lane, class Real>
        static Mat<Real> forward(Lane& lane, Entered<Real>&, Mat<Real> state, Mat<Real> input,
                                 Weights<Acc<Real>>) {
            if (state.empty()) return input;
            add(lane, state, input);
            return state;
        }
        template <class Lane, class Real>
        static void backward(Lane& lane, Mat<Real> d, Mat<Real> d_input, Entered<Real> const&, Mat<Real>,
                             Weights<Acc<Real>>, Acc<Real>*) {
            add(lane, d_input, d);
        }
    };
};

/// x = [state | input] W, as two products (Geiping et al., 2025).
struct ConcatInput {
    template <int C>
    struct Layer {
        enum Weight { of_state, of_input };
        static constexpr WeightList<2> weights{
            {{.name = "state", .rows = C, .cols = C}, {.name = "input", .rows = C, .cols = C}}};
        static constexpr bool   reads_input = true;
        static constexpr Index  kept        = C;
        static constexpr double flops       = 4.0 * C * C;

        template <class Lane, class Real>
        static Mat<Real> forward(Lane& lane, Entered<Real>&, Mat<Real> state, Mat<Real> input,
                                 Weights<Acc<Real>> w) {
            const auto x = lane.arena.template take<Real>(input.rows, C);
            matmul(lane, x, input, weight<Layer>(w, of_input));
            if (!state.empty()) add_matmul(lane, x, x, state, weight<Layer>(w, of_state));
            return x;
        }
        template <class Lane, class Real>
        static void backward(Lane& lane, Mat<Real> d, Mat<Real> d_input, Entered<Real> const& s,
                             Mat<Real> input, Weights<Acc<Real>> w, Acc<Real>* dw) {
            const auto mark = lane.arena.mark();
            const auto back = lane.arena.template take<Real>(d.rows, C);
            add_matmul_tn(lane, weight<Layer>(dw, of_input), input, d);
            matmul_nt(lane, back, d, weight<Layer>(w, of_input));
            add(lane, d_input, back);
            if (!s.state.empty()) {
                add_matmul_tn(lane, weight<Layer>(dw, of_state), s.state, d);
                matmul_nt(lane, back, d, weight<Layer>(w, of_state));
                copy(lane, d, back);
            }
            lane.arena.release(mark);
        }
    };
};

/// x = g state + (1 - g) input with g = sigmoid([state | input] W + b), channel by channel (Srivastava et al., "Highway
/// networks", 2015).
struct GateInput {
    template <int C>
    struct Layer {
        enum Weight { of_state, of_input, bias };
        static constexpr WeightList<3> weights{
            {{.name = "state", .rows = C, .cols = C},
             {.name = "input", .rows = C, .cols = C},
             {.name = "bias", .rows = 1, .cols = C, .init = Init::zeros, .decay = false}}};
        static constexpr bool   reads_input = true;
        static constexpr Index  kept        = 3 * C;
        static constexpr double flops       = 4.0 * C * C;

        template <class Lane, class Real>
        static Mat<Real> forward(Lane& lane, Entered<Real>& s, Mat<Real> state, Mat<Real> input,
                                 Weights<Acc<Real>> w) {
            const auto take = [&] { return lane.arena.template take<Real>(input.rows, C); };
            if (state.empty()) state = take(), fill(lane, state, 0);
            const auto x = take();
            s.gate = take(), s.state = state;
            matmul(lane, s.gate, input, weight<Layer>(w, of_input), weight<Layer>(w, bias));
            add_matmul(lane, s.gate, s.gate, state, weight<Layer>(w, of_state));
            mix(lane, x, s.gate, state, input);
            return x;
        }
        template <class Lane, class Real>
        static void backward(Lane& lane, Mat<Real> d, Mat<Real> d_input, Entered<Real> const& s,
                             Mat<Real> input, Weights<Acc<Real>> w, Acc<Real>* dw) {
            const auto mark = lane.arena.mark();
            const auto dg   = lane.arena.template take<Real>(d.rows, C),
                       back = lane.arena.template take<Real>(d.rows, C);
            mix_backward(lane, dg, d_input, d, s.gate, s.state, input);
            add_column_sums(lane, weight<Layer>(dw, bias), dg);
            add_matmul_tn(lane, weight<Layer>(dw, of_input), input, dg);
            add_matmul_tn(lane, weight<Layer>(dw, of_state), s.state, dg);
            matmul_nt(lane, back, dg, weight<Layer>(w, of_input));
            add(lane, d_input, back);
            matmul_nt(lane, back, dg, weight<Layer>(w, of_state));
            add(lane, d, back);
            lane.arena.release(mark);
        }
    };
};

template <class I>
concept HasLayer = requires {
    typename I::template Layer<8>;
};
template <class L>
concept SaysWhatItReads = requires {
    { L::reads_input } -> std::convertible_to<bool>;
};
template <class L>
concept CountsKept = requires {
    { L::kept } -> std::convertible_to<Index>;
};
template <class L>
concept CountsFlops = requires {
    { L::flops } -> std::convertible_to<double>;
};

/// Names what the layer of an injection lacks.
template <class L>
struct explain_injection_layer {
    static_assert(detail::ListsWeights<L>,
                  "Injection: add `static constexpr rung::WeightList<n> weights` to its Layer (of what is "
                  "learned; `rung::WeightList<0> weights{}` if nothing is)");
    static_assert(SaysWhatItReads<L>,
                  "Injection: add `static constexpr bool reads_input` to its Layer, whether "
                  "it reads the loop's input");
    static_assert(CountsKept<L>,
                  "Injection: add `static constexpr rung::Index kept` to its Layer, the columns "
                  "that forward takes of the arena");
    static_assert(CountsFlops<L>, "Injection: add `static constexpr double flops` to its Layer, of a row");
    static_assert(detail::NamesForward<L>,
                  "Injection: add `template <class Lane, class Real> static rung::Mat<Real> forward(Lane&, "
                  "rung::Entered<Real>&, rung::Mat<Real> state, rung::Mat<Real> input, "
                  "rung::Weights<rung::Acc<Real>>)` to its Layer, what the pass reads");
    static_assert(
        detail::NamesBackward<L>,
        "Injection: add `template <class Lane, class Real> static void backward(Lane&, rung::Mat<Real> "
        "d, rung::Mat<Real> d_input, rung::Entered<Real> const&, rung::Mat<Real> input, "
        "rung::Weights<rung::Acc<Real>>, rung::Acc<Real>* dw)` to its Layer");
    static constexpr bool ok = true;
};

/// Names what an injection lacks.
template <class I>
struct explain_injection {
    static_assert(HasLayer<I>,
                  "Injection: add `template <int C> struct Layer` with `weights`, `reads_input`, `kept`, "
                  "`flops`, `forward` and `backward` (see NoInjection, or use AddInput)");
    static constexpr bool ok = explain_injection_layer<typename I::template Layer<8>>::ok;
};

}  // namespace rung
