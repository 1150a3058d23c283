#pragma once
// A style bundles what the members of a model family share: norm, MLP, biases, tied embeddings, initial
// weights.

#include <concepts>

#include "rung/core/mask.hpp"
#include "rung/model/weights.hpp"

namespace rung {

template <class T>
concept HasStyle = requires {
    typename T::template Norm<8>;
    typename T::template Mlp<8, 32>;
    { T::biased } -> std::convertible_to<bool>;
    { T::tied } -> std::convertible_to<bool>;
    { T::init(2) } -> std::convertible_to<InitScale>;
};

/// A style may say which keys a query sees, `static constexpr Mask mask`; those before it unless it does.
template <class T>
consteval Mask mask_of() {
    if constexpr (requires {
                      { T::mask } -> std::convertible_to<Mask>;
                  })
        return T::mask;
    else return Mask::causal;
}

/// Names what a style lacks.
template <class T>
struct explain_style {
    static_assert(HasStyle<T>,
                  "Style: add `template <int C> using Norm`, `template <int C, int F> using Mlp`, "
                  "`static constexpr bool biased, tied` and `static InitScale init(int layers)` "
                  "(or use Gpt or Llama)");
    static constexpr bool ok = true;
};

}  // namespace rung
