#pragma once
// A style bundles what the members of a model family share: norm, MLP, biases, tied embeddings, initial weights. What
// else it may choose has a default.

#include <concepts>

#include "rung/core/mask.hpp"
#include "rung/model/members.hpp"
#include "rung/model/weights.hpp"

namespace rung {

template <class T>
concept HasNorm = requires {
    typename T::template Norm<8>;
};
template <class T>
concept HasMlp = requires {
    typename T::template Mlp<8, 32>;
};
template <class T>
concept SaysBiased = requires {
    { T::biased } -> std::convertible_to<bool>;
};
template <class T>
concept SaysTied = requires {
    { T::tied } -> std::convertible_to<bool>;
};
template <class T>
concept HasInit = requires {
    { T::init(2) } -> std::convertible_to<InitScale>;
};
template <class N>
concept CountsStats = requires {
    { N::stats } -> std::convertible_to<Index>;
};
template <class M>
concept CountsHidden = requires {
    { M::before } -> std::convertible_to<Index>;
    { M::after } -> std::convertible_to<Index>;
    { M::flops } -> std::convertible_to<double>;
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

/// Names what a norm lacks.
template <class N>
struct explain_norm {
    static_assert(detail::ListsWeights<N>, "Norm: add `static constexpr rung::WeightList<n> weights`");
    static_assert(CountsStats<N>,
                  "Norm: add `static constexpr rung::Index stats`, the numbers per row that "
                  "add_backward needs");
    static_assert(detail::NamesForward<N>, "Norm: add `forward` (see RmsNorm, which is short)");
    static_assert(detail::NamesAddBackward<N>, "Norm: add `add_backward` (see RmsNorm, which is short)");
    static constexpr bool ok = true;
};

/// Names what an MLP lacks.
template <class M>
struct explain_mlp {
    static_assert(detail::ListsWeights<M>, "Mlp: add `static constexpr rung::WeightList<n> weights`");
    static_assert(CountsHidden<M>,
                  "Mlp: add `static constexpr rung::Index before, after`, the columns that it "
                  "keeps around its activation, and `static constexpr double flops`, of a row");
    static_assert(detail::NamesAddForward<M>,
                  "Mlp: add `add_forward` (see rung::Mlp, which takes an activation)");
    static_assert(detail::NamesBackward<M>, "Mlp: add `backward` (see rung::Mlp, which takes an activation)");
    static constexpr bool ok = true;
};

/// Names what a style lacks.
template <class T>
struct explain_style {
    static_assert(HasNorm<T>,
                  "Style: add `template <int C> using Norm` (rung::RmsNorm<C>, LayerNorm<C, biased>, "
                  "NoNorm<C> or a type of your own; or use Gpt or Llama)");
    static_assert(HasMlp<T>,
                  "Style: add `template <int C, int F> using Mlp` (rung::SwiGlu<C, F>, GeluMlp<C, F, "
                  "biased> or a type of your own; or use Gpt or Llama)");
    static_assert(SaysBiased<T>, "Style: add `static constexpr bool biased`, whether attention has biases");
    static_assert(SaysTied<T>,
                  "Style: add `static constexpr bool tied`, whether logits are products with the "
                  "embeddings");
    static_assert(HasInit<T>,
                  "Style: add `static rung::InitScale init(int layers)`, the size of initial weights");
    static constexpr bool ok =
        explain_norm<typename T::template Norm<8>>::ok && explain_mlp<typename T::template Mlp<8, 32>>::ok;
};

}  // namespace rung
