#pragma once
// Writes a model as a folder that Hugging Face's Transformers load as it is:
//
//     save_pretrained("reverser", model, Reverse{});
//
//     AutoModelForCausalLM.from_pretrained("reverser")    # GPT2LMHeadModel or LlamaForCausalLM, see stock_class.hpp
//     AutoTokenizer.from_pretrained("reverser")

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
    const Json tokenizer = tokenizer_json(vocab);  // which may throw
    make_folder(folder);
    // Without it nothing loads the folder: a half written one is of no use rather than wrong.
    ::unlink((folder + "/config.json").c_str());
    const auto write = [&](char const* name, Json const& json) {
        write_file(folder + "/" + name, json.text() + "\n");
    };
    write("generation_config.json", generation_json(model));
    write("tokenizer.json", tokenizer);
    write("tokenizer_config.json", tokenizer_config_json(model.shape.context));
    write("special_tokens_map.json", special_tokens_json());
    write_safetensors(folder + "/model.safetensors", PretrainedTensors(model, weights).tensors());
    write("config.json", config_json(model));
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
    static_assert(!NamesPlaces<Task> || Model::position_type::site == Site::nowhere,
                  "save_pretrained: use a task without `place` (GPT-2 and Llama count positions from 0, and "
                  "know none that a task names)");
    save_pretrained(folder, model, vocab_of<Task>(), options);
}

}  // namespace rung
