#pragma once
// How often which layers run: the contract of a depth, and what a loop shows its layers again before each
// pass.

#include <concepts>

#include "rung/core/view.hpp"

namespace rung {

/// A pass starts from where the last one ended.
struct NoInjection {
    static constexpr bool adds_input = false;
};

/// The embedded input is added again before every pass but the first (Yang et al., ICLR 2024: without it a
/// loop forgets what it was asked, and degrades past the number of passes it was trained with).
struct AddInput {
    static constexpr bool adds_input = true;
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
concept HasDepth = requires {
    { D::layers } -> std::convertible_to<int>;
    { D::passes } -> std::convertible_to<int>;
};

template <class D>
concept HasInjection = requires {
    { D::Inject::adds_input } -> std::convertible_to<bool>;
};

/// Names what a depth lacks.
template <class D>
struct explain_depth {
    static_assert(HasDepth<D>,
                  "Depth: add `static constexpr int layers` and `passes` (or use Stacked<layers> or "
                  "Looped<passes, layers>)");
    static_assert(HasInjection<D>, "Depth: add `using Inject = rung::NoInjection` (or AddInput)");
    static constexpr bool ok = true;
};

}  // namespace rung
