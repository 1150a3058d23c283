#pragma once
// What a config.json says about the function its model computes, held against a model's own.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rung/experiment/file.hpp"
#include "rung/io/config.hpp"

namespace rung::detail {

/// A small file of JSON. Throws where it is something else.
[[gnu::cold, gnu::noinline]] inline nlohmann::json read_json(std::string const& path, std::size_t most) {
    const std::string text = read_whole_file(path);
    RUNG_CHECK(text.size() <= most, "load_pretrained: '", path, "'; got ", text.size(),
               " bytes, wanted at most ", most);
    // Values are copied and compared by recursion, so how deep they are is no stranger's to choose.
    const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        RUNG_CHECK(depth <= 32, "load_pretrained: '", path,
                   "'; got values in each other, wanted at most 32 deep");
        return true;
    };
    auto json = nlohmann::json::parse(text, shallow, false);
    RUNG_CHECK(json.is_object(), "load_pretrained: '", path,
               "'; got something else, wanted an object of JSON");
    return json;
}

/// Its place in a file depends on who wrote it.
inline constexpr char const* rope_factor = "factor of rope_parameters or rope_scaling";

/// The settings that count, under one name each and with the class's default where the file says nothing.
[[gnu::cold, gnu::noinline]] inline nlohmann::json settings_of(nlohmann::json const& config) {
    using nlohmann::json;
    const auto get = [](json const& from, char const* name, json fallback) {
        const auto found = from.find(name);
        return found == from.end() || found->is_null() ? fallback : *found;
    };
    const auto number = [](json const& value) { return value.is_number() ? value.get<double>() : 0.0; };
    json       out;
    out["model_type"] = get(config, "model_type", nullptr);
    out["vocab_size"] = get(config, "vocab_size", nullptr);
    const auto take   = [&](char const* name, json fallback) {
        return out[name] = get(config, name, std::move(fallback));
    };
    const auto activation = [&](char const* name, char const* fallback) {
        if (take(name, fallback) == "gelu_new") out[name] = "gelu_pytorch_tanh";  // of one form
    };
    if (out["model_type"] == "gpt2") {
        for (char const* name : {"n_layer", "n_head"}) take(name, nullptr);
        take("n_inner", 4 * number(take("n_embd", nullptr)));
        activation("activation_function", "gelu_new");
        take("layer_norm_epsilon", 1e-5), take("scale_attn_weights", true);
        take("scale_attn_by_inverse_layer_idx", false), take("tie_word_embeddings", true);
        return out;
    }
    for (char const* name : {"intermediate_size", "num_hidden_layers"}) take(name, nullptr);
    const json heads = take("num_attention_heads", nullptr);
    take("num_key_value_heads", heads);
    take("head_dim", number(take("hidden_size", nullptr)) / std::max(1.0, number(heads)));
    activation("hidden_act", "silu");
    take("rms_norm_eps", 1e-6), take("attention_bias", false), take("mlp_bias", false);
    take("tie_word_embeddings", false);
    json rope = get(config, "rope_parameters", nullptr);  // since Transformers 5
    if (!rope.is_object()) {
        rope = get(config, "rope_scaling", json::object());
        if (!rope.is_object()) rope = json::object();
        rope["rope_theta"] = get(config, "rope_theta", 1e4);
    }
    const json type   = get(rope, "rope_type", get(rope, "type", "default"));
    out["rope_theta"] = get(rope, "rope_theta", 1e4);
    out[rope_factor]  = type == "default" ? json(1.0) : get(rope, "factor", 1.0);
    out["rope_type"]  = type == "linear" ? json("default") : type;
    return out;
}

/// One line for every setting that differs.
[[gnu::cold, gnu::noinline]] inline void compare_settings(std::vector<std::string>& mismatches,
                                                          nlohmann::json const&     config,
                                                          Anatomy const&            model) {
    const auto wanted = settings_of(nlohmann::json::parse(function_json(model).text()));
    const auto got    = settings_of(config);
    for (auto const& [name, value] : wanted.items()) {
        const auto found = got.find(name);
        if (found != got.end() && *found == value) continue;
        mismatches.push_back(concat(
            "config.json: ", name, "; got ",
            found == got.end() ? "none"
                               : found->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace),
            ", wanted ", value.dump(),
            name == rope_factor && (value == no_rotation || (found != got.end() && *found == no_rotation))
                ? " (1e+30 is NoPe's: the angles vanish)"
                : ""));
        if (name == "model_type") return;  // the others have other names
    }
}

}  // namespace rung::detail
