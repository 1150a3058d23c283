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
