#pragma once
// Which class of Hugging Face's Transformers computes what a model computes: GPT2LMHeadModel or LlamaForCausalLM. A
// model that neither can express is refused when it is compiled, with the reason: better than a file that loads and
// computes something else.

#include <string_view>
#include <type_traits>

#include "rung/model/transformer.hpp"

namespace rung {

namespace detail {

template <class Mlp>
struct MlpKind {
    static constexpr bool plain = false, gated = false, biased = false;
};
template <int C, int F, Activation A, bool b>
struct MlpKind<Mlp<C, F, Elementwise<A>, b>> {
    static constexpr bool       plain = true, gated = false, biased = b;
    static constexpr Activation activation = A;
};
template <int C, int F, Activation A, bool b>
struct MlpKind<Mlp<C, F, Gated<A>, b>> {
    static constexpr bool       plain = false, gated = true, biased = b;
    static constexpr Activation activation = A;
};

template <class Norm>
inline constexpr bool is_layer_norm = false;
template <int C, bool biased>
inline constexpr bool is_layer_norm<LayerNorm<C, biased>> = true;
template <class Norm>
inline constexpr bool is_rms_norm = false;
template <int C>
inline constexpr bool is_rms_norm<RmsNorm<C>> = true;

}  // namespace detail

enum class StockClass { gpt2, llama };

/// What a model is made of.
template <Shape S, class P, class D, class St>
struct ModelParts {
    static constexpr Shape shape = S;
    using Position               = P;
    using Depth                  = D;
    using Style                  = St;
    using Norm                   = typename Style::template Norm<S.width>;
    using Mlp                    = detail::MlpKind<typename Style::template Mlp<S.width, S.mlp()>>;

    static constexpr bool gpt2  = detail::is_layer_norm<Norm> && Mlp::plain,
                          llama = detail::is_rms_norm<Norm> && Mlp::gated;
};
template <Shape S, class P, class D, class Style>
ModelParts<S, P, D, Style> parts_of(Transformer<S, P, D, Style> const&);

// What a model has to be for a stock class, and what to do where it is not: for the compiler as well as for a program,
// which refuses a flag before any work. M: the model's parts.
#define RUNG_STOCK_CLASS_RULES(rule) \
    rule((M::gpt2 || M::llama), \
         "use a style with LayerNorm and a plain MLP, as GPT-2, or RmsNorm and a gated MLP, as Llama " \
         "(Hugging Face has no stock class for others)"); \
    rule((norms_of<typename M::Style>() == Norms::before), \
         "put norms before a block's functions, Norms::before (GPT-2 and Llama have them nowhere else)"); \
    rule((!norms_queries<typename M::Style>()), \
         "leave out qk_norm (GPT-2 and Llama do not norm queries and keys)"); \
    rule((cap_of<typename M::Style>() == 0), "leave out soft_cap (GPT-2 and Llama do not cap logits)"); \
    rule((mask_of<typename M::Style>() == Mask::causal), \
         "use a causal mask (GPT-2 and Llama see no later tokens)"); \
    rule((Position::site != Site::score), \
         "use Learned, Sinusoidal, Rope or NoPe (GPT-2 and Llama add no biases to scores, as Alibi, " \
         "Window, T5, Kerple and Fire do)"); \
    rule((!DrawsRows<Position>), \
         "use Learned, Sinusoidal, Rope or NoPe (GPT-2 and Llama count positions from 0, and know no ids " \
         "that are drawn or named by a task)"); \
    rule((!M::gpt2 || Position::site != Site::query_key), \
         "use Learned, Sinusoidal or NoPe with this style (GPT-2 turns no queries; Llama does)"); \
    rule((!M::llama || Position::site == Site::query_key || Position::site == Site::nowhere), \
         "use Rope or NoPe with this style (Llama adds no positions to embeddings; GPT-2 does)"); \
    rule((rotation_of<Position>(M::shape.head_size()).channels == M::shape.head_size()), \
         "turn all channels, Rope<theta> (Llama turns no part of a head)"); \
    rule((!M::llama || M::shape.head_size() % 2 == 0), \
         ".width / .heads must be even (Llama pairs the channels of a head, also where it does not turn " \
         "them)"); \
    rule((!M::gpt2 || M::shape.kv() == M::shape.heads), \
         "leave out .kv_heads with this style (every query head of GPT-2 has keys of its own; Llama's " \
         "share them)"); \
    rule((!Loop::Inject::template Layer<8>::reads_input && Loop::start == Start::input), \
         "use NoInjection (a loop is written as layers one after another, which see its input no more)"); \
    rule( \
        (!Loop::norm_between), \
        "leave out NormBetween (a loop is written as layers one after another, with nothing between them)"); \
    rule((!Loop::pass_embedding), \
         "leave out PassEmbedding (a loop is written as layers one after another, with nothing between " \
         "them)")

/// Names what keeps a model out of a stock class.
template <class M>
struct explain_stock_class {
    using Position = typename M::Position;
    using Loop     = LoopOf<typename M::Depth>;
#define RUNG_ASSERT(condition, words) static_assert(condition, "save_pretrained: " words)
    RUNG_STOCK_CLASS_RULES(RUNG_ASSERT);
#undef RUNG_ASSERT
    static constexpr bool ok = true;
};

/// The same for a program: the first reason, or null where a stock class computes what the model computes.
template <class M>
constexpr char const* stock_class_refusal() {
    using Position = typename M::Position;
    using Loop     = LoopOf<typename M::Depth>;
#define RUNG_REFUSE(condition, words) \
    if (!condition) return words
    RUNG_STOCK_CLASS_RULES(RUNG_REFUSE);
#undef RUNG_REFUSE
    return nullptr;
}
#undef RUNG_STOCK_CLASS_RULES

/// Its name for an activation.
constexpr std::string_view stock_name(Activation a) {
    switch (a) {
        case Activation::gelu:
            return "gelu_pytorch_tanh";
        case Activation::silu:
            return "silu";
        case Activation::relu:
            return "relu";
        default:
            return "relu2";
    }
}

}  // namespace rung
