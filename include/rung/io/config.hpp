#pragma once
// config.json and generation_config.json of a stock class.

#include "rung/data/vocab.hpp"
#include "rung/experiment/json.hpp"
#include "rung/io/anatomy.hpp"

namespace rung {

/// Under the root of every norm.
inline constexpr double stock_epsilon = 1e-5;

/// Positions are divided by it where a model has none: Llama's class always turns queries and keys, but by angles so
/// small that no number changes, to the last bit.
inline constexpr double no_rotation = 1e30;

/// What of config.json decides the function that is computed.
[[gnu::cold, gnu::noinline]] inline Json function_json(Anatomy const& model) {
    Json         json;
    Shape const& S = model.shape;
    json.set("model_type", model.stock == StockClass::gpt2 ? "gpt2" : "llama").set("vocab_size", S.vocab);
    if (model.stock == StockClass::gpt2) {
        const bool gelu = model.activation == "gelu_pytorch_tanh";  // of this form, the class's own name
        json.set("n_embd", S.width)
            .set("n_layer", model.layers.size())
            .set("n_head", S.heads)
            .set("n_inner", S.mlp())
            .set("activation_function", gelu ? "gelu_new" : model.activation)
            .set("layer_norm_epsilon", stock_epsilon)
            .set("scale_attn_weights", true)
            .set("scale_attn_by_inverse_layer_idx", false);
    } else {
        const double factor = model.site == Site::nowhere ? no_rotation : model.stretch;
        Json         rope;
        rope.set("rope_type", factor == 1 ? "default" : "linear");
        if (factor != 1) rope.set("factor", Json::real(factor));
        json.set("hidden_size", S.width)
            .set("intermediate_size", S.mlp())
            .set("num_hidden_layers", model.layers.size())
            .set("num_attention_heads", S.heads)
            .set("num_key_value_heads", S.kv())
            .set("head_dim", S.head_size())
            .set("hidden_act", model.activation)
            .set("rms_norm_eps", stock_epsilon)
            .set("attention_bias", model.attention_biased)
            .set("mlp_bias", model.mlp_biased)
            .set("rope_theta", Json::real(model.theta));
        // Before Transformers 5, and in the words that all versions before it know.
        if (factor == 1) json.set("rope_scaling", nullptr);
        else json.set("rope_scaling", Json{}.set("type", "linear").set("factor", Json::real(factor)));
        json.set("rope_parameters", rope.set("rope_theta", Json::real(model.theta)));
    }
    return json.set("tie_word_embeddings", model.tied);
}

/// config.json
[[gnu::cold, gnu::noinline]] inline Json config_json(Anatomy const& model) {
    Json       json = function_json(model);
    const bool gpt2 = model.stock == StockClass::gpt2;
    json.set("architectures", Json::array().add(gpt2 ? "GPT2LMHeadModel" : "LlamaForCausalLM"))
        .set(gpt2 ? "n_positions" : "max_position_embeddings", model.shape.context);
    if (gpt2) json.set("embd_pdrop", 0.0).set("attn_pdrop", 0.0).set("resid_pdrop", 0.0);
    else json.set("attention_dropout", 0.0).set("pretraining_tp", 1);
    return json.set("pad_token_id", Vocab::pad)
        .set("bos_token_id", Vocab::begin)
        .set("eos_token_id", Vocab::end)
        .set("torch_dtype", "float32");
}

/// generation_config.json: greedy, and never a pad or begin token, as decode() answers.
[[gnu::cold, gnu::noinline]] inline Json generation_json(Anatomy const& model) {
    return Json{}
        .set("do_sample", false)
        .set("max_length", model.shape.context + 1)  // the last token is written and not read
        .set("pad_token_id", Vocab::pad)
        .set("bos_token_id", Vocab::begin)
        .set("eos_token_id", Vocab::end)
        .set("suppress_tokens", Json::array().add(Vocab::pad).add(Vocab::begin));
}

}  // namespace rung
