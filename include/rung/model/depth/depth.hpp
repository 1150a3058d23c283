#pragma once
// How often which layers run: the contract of a depth, and what it may add to a loop.

#include <concepts>
#include <type_traits>

#include "rung/model/depth/injection.hpp"

namespace rung {

/// What a loop's state is before its first pass.
enum class Start {
    input,  ///< the loop's input itself
    zero,   ///< zeros: the first pass knows what is injected alone
    /// N(0, std of the initial weights) (Geiping et al., 2025). In training every token of every step has its own; else
    /// they are a function of its position id alone, so that an answer depends neither on its neighbours nor on its
    /// place among them.
    random,
};

/// In what order blocks run: layers before a loop, the looped ones in every pass, layers after it. A depth that does
/// not say has none before or after.
template <class D>
struct Schedule {
    static constexpr int before = [] {
        if constexpr (requires { D::before; }) return D::before;
        else return 0;
    }();
    static constexpr int after = [] {
        if constexpr (requires { D::after; }) return D::after;
        else return 0;
    }();
    static constexpr int looped = D::layers - before - after;
    /// Whether a run may ask for more passes than one.
    static constexpr bool loops = !requires { requires !D::loops; };
    static_assert(
        before >= 0 && after >= 0 && looped > 0,
        "Depth: `before` and `after` count some of the `layers`, and leave at least one to be looped");

    /// Blocks that run in all.
    static constexpr int blocks(int passes) { return before + passes * looped + after; }
    /// The pass of block `at`, below 0 before the loop and `passes` after it.
    static constexpr int pass(int at, int passes) {
        if (at < before) return -1;
        return at < before + passes * looped ? (at - before) / looped : passes;
    }
    /// Its layer.
    static constexpr int layer(int at, int passes) {
        if (at < before) return at;
        return at < before + passes * looped ? before + (at - before) % looped : at - (passes - 1) * looped;
    }
    /// The first block of a pass.
    static constexpr int first(int pass) { return before + pass * looped; }
};

template <class D>
concept CountsLayers = requires {
    { D::layers } -> std::convertible_to<int>;
    typename std::integral_constant<int, int(D::layers)>;
};
template <class D>
concept CountsPasses = requires {
    { D::passes } -> std::convertible_to<int>;
    typename std::integral_constant<int, int(D::passes)>;
};

template <class D>
concept RunsAtAll = requires {
    requires D::layers >= 1 && D::passes >= 1;
};

template <class D>
concept HasInjection = requires {
    typename D::Inject;
};

/// What a depth may add to its loop, each through a static member of that name; see depth/adaptors.hpp.
template <class D>
struct LoopOf {
    using Inject = typename D::Inject;
    static_assert(explain_injection<Inject>::ok);
    static constexpr bool  norm_between   = requires { requires D::norm_between; };
    static constexpr bool  pass_embedding = requires { requires D::pass_embedding; };
    static constexpr Start start          = [] {
        if constexpr (requires { D::start; }) return D::start;
        else return Inject::template Layer<8>::reads_input ? Start::zero : Start::input;
    }();
    static_assert(start == Start::input || Inject::template Layer<8>::reads_input,
                  "Depth: a loop that does not start from its input needs an injection, or it never sees it "
                  "(`using Inject = rung::AddInput`)");
};

/// Names what a depth lacks.
template <class D>
struct explain_depth {
    static_assert(CountsLayers<D>,
                  "Depth: add `static constexpr int layers`, how many have weights of their own "
                  "(or use Stacked<layers> or Looped<passes, layers>)");
    static_assert(CountsPasses<D>,
                  "Depth: add `static constexpr int passes`, how often they run unless a run says "
                  "otherwise; 1: no loop (or use Stacked<layers> or Looped<passes, layers>)");
    static_assert(!CountsLayers<D> || !CountsPasses<D> || RunsAtAll<D>,
                  "Depth: its layers and its passes must be at least 1 each");
    static_assert(HasInjection<D>, "Depth: add `using Inject = rung::NoInjection` (or AddInput)");
    static constexpr bool ok = true;
};

}  // namespace rung
