#pragma once
// Writes a model as a folder that Hugging Face's Transformers load as it is:
//
//     save_pretrained("reverser", model, Reverse{});
//
//     AutoModelForCausalLM.from_pretrained("reverser")    # GPT2LMHeadModel or LlamaForCausalLM, see stock_class.hpp
//     AutoTokenizer.from_pretrained("reverser")

#include <sys/file.h>
#include <cmath>
#include <string>

#include "rung/io/config.hpp"
#include "rung/io/safetensors.hpp"
#include "rung/io/stock_tensors.hpp"
#include "rung/io/tokenizer.hpp"

namespace rung {

/// A stock class's tensors, of a model's weights, of their gradients, or of anything else laid out alike.
class PretrainedTensors {
public:
    [[gnu::cold, gnu::noinline]] PretrainedTensors(Anatomy const& model, float const* weights) {
        for (auto& one : stock_tensors_of(model)) {
            auto& numbers = numbers_.emplace_back(std::move(one.fixed));
            if (numbers.empty()) {
                numbers.resize(std::size_t(one.rows() * one.cols()));
                one.for_each([&](Index to, Index from) { numbers[std::size_t(to)] = weights[from]; });
            }
            tensors_.push_back(tensor_of(std::move(one.name), std::move(one.shape), numbers.data()));
        }
    }
    std::vector<Tensor> const& tensors() const { return tensors_; }

private:
    std::vector<std::vector<float>> numbers_;  // moving a vector leaves its numbers where they are
    std::vector<Tensor>             tensors_;
};

namespace detail {

[[gnu::cold, gnu::noinline]] inline void save_pretrained(std::string const& folder, Anatomy const& model,
                                                         float const* weights, Vocab const& vocab) {
    RUNG_CHECK(vocab.size() == model.shape.vocab, "save_pretrained: tokens of the vocabulary; got ",
               vocab.size(), ", wanted ", model.shape.vocab, ", the model's");
    for (auto const& [name, spec, offset] : model.weights)
        for (Index i = 0; i < spec.size(); ++i)
            RUNG_CHECK(std::isfinite(weights[offset + i]), "save_pretrained: weight '", name, "', number ", i,
                       "; got ", weights[offset + i], ", wanted a finite one");
    const Json tokenizer = tokenizer_json(vocab);  // which may throw
    make_folder(folder);
    // One writer at a time, each with all its files: those of two models are never mixed.
    const File held{folder, O_RDONLY | O_DIRECTORY};
    while (::flock(held.descriptor(), LOCK_EX) != 0 && errno == EINTR) {}
    remove_drafts(folder);
    const std::string  config = folder + "/config.json";
    std::vector<Draft> drafts;
    const auto         draft = [&](char const* name, Json const& json) {
        drafts.emplace_back(folder + "/" + name, json.text() + "\n");
    };
    draft("generation_config.json", generation_json(model));
    draft("tokenizer.json", tokenizer);
    draft("tokenizer_config.json", tokenizer_config_json(model.shape.context));
    draft("special_tokens_map.json", special_tokens_json());
    drafts.emplace_back(folder + "/model.safetensors",
                        safetensors(PretrainedTensors(model, weights).tensors()));
    draft("config.json", config_json(model));
    // Without it nothing loads the folder: one that is killed here leaves no model rather than a wrong one.
    if (::unlink(config.c_str()) != 0 && errno != ENOENT)
        fail_path("save_pretrained: file cannot be replaced", config, errno, "a folder that can be written");
    for (Draft& one : drafts) one.take_place();
    sync_folder(folder);
}

/// Positions that a task names are none that GPT-2 and Llama count, from 0.
template <class Model, class Task>
consteval bool loses_places() {
    return NamesPlaces<Task> && Model::position_type::site != Site::nowhere;
}

}  // namespace detail

/// Makes the folder where it is missing. A loop is written as its layers one after another, as often as it passes.
/// @param vocab  what the model was trained with; its characters are ASCII
template <class Model>
void save_pretrained(std::string const& folder, Model const& model, Vocab const& vocab,
                     PretrainedOptions options = {}) {
    detail::save_pretrained(folder, anatomy_of<Model>(options), model.weights().cdata(), vocab);
}
/// @param task  the one that the model was trained on
template <class Model, class Task>
    requires(!std::is_convertible_v<Task const&, Vocab const&>)
void save_pretrained(std::string const& folder, Model const& model, Task const&,
                     PretrainedOptions options = {}) {
    static_assert(!detail::loses_places<Model, Task>(),
                  "save_pretrained: use a task without `place` (GPT-2 and Llama count positions from 0, and "
                  "know none that a task names)");
    save_pretrained(folder, model, vocab_of<Task>(), options);
}

}  // namespace rung
