#pragma once
// A style bundles what the members of a model family share: norm, MLP, biases, tied embeddings, initial weights. What
// else it may choose has a default.

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

/// Where the norms of a block's two functions stand. The model's own last norm is there in any case.
enum class Norms {
    before,  ///< y = x + f(norm(x)), as in GPT-2 and Llama
    after,   ///< y = norm(x + f(x)) (Vaswani et al., 2017)
    around,  ///< y = x + norm(f(norm(x))) (Ding et al., "CogView", 2021), as in Gemma 2
};

/// A style's `static constexpr Norms norms`, or the default.
template <class Style>
consteval Norms norms_of() {
    if constexpr (requires { Style::norms; }) {
        static_assert(std::is_same_v<decltype(Style::norms), Norms const>,
                      "Style: norms is a `static constexpr rung::Norms` (Norms::before, after or around)");
        return Style::norms;
    }
    return Norms::before;
}

/// Whether the queries and keys of each head are normed: a style's `static constexpr bool qk_norm`, or false.
template <class Style>
consteval bool norms_queries() {
    if constexpr (requires { Style::qk_norm; }) return Style::qk_norm;
    return false;
}

/// What logits are kept below, cap tanh(logit / cap) (Gemma 2, 2024): a style's `static constexpr double soft_cap`, or
/// 0, for as they are.
template <class Style>
consteval double cap_of() {
    if constexpr (requires { Style::soft_cap; }) {
        static_assert(Style::soft_cap >= 0,
                      "Style: soft_cap must be at least 0 (30 is usual; 0 leaves logits as they are)");
        return Style::soft_cap;
    }
    return 0;
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
