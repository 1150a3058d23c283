#pragma once
// Reads a folder as Hugging Face's Transformers write it, of GPT-2's or Llama's class, into a model that computes the
// same:
//
//     Reverser model{ctx};
//     load_pretrained(model, "reverser");
//
// All that does not fit is one error, and then the model is as it was.

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "rung/io/config_reader.hpp"
#include "rung/io/numbers.hpp"
#include "rung/io/safetensors_reader.hpp"
#include "rung/io/stock_tensors.hpp"
#include "rung/io/tokenizer.hpp"

namespace rung {

namespace detail {

class PretrainedReader {
public:
    PretrainedReader(Anatomy const& model, Index parameters)
        : model_(model), weights_(std::size_t(parameters)), known_(weights_.size()) {}

    [[gnu::cold, gnu::noinline]] void read(SafetensorsView const& file) {
        std::map<std::string, Tensor const*, std::less<>> left;
        for (Tensor const& tensor : file.tensors) left.emplace(tensor.name, &tensor);
        const std::string prefix = model_.stock == StockClass::gpt2 ? "transformer." : "model.";
        const auto        take   = [&](std::string const& name) {
            auto found = left.find(name);
            // The class without its head has its tensors without this.
            if (found == left.end() && name.starts_with(prefix))
                found = left.find(name.substr(prefix.size()));
            Tensor const* const tensor = found == left.end() ? nullptr : found->second;
            if (tensor) left.erase(found);
            return tensor;
        };
        const auto    all       = stock_tensors_of(model_);
        Tensor const* embedding = nullptr;
        for (StockTensor const& wanted : all) {
            Tensor const* const tensor = take(wanted.name);
            if (&wanted == &all.front()) embedding = tensor;
            if (!tensor) complain(wanted.name, "missing, wanted " + shown(wanted.shape));
            else place(wanted, *tensor);
        }
        if (Tensor const* const head = model_.tied ? take("lm_head.weight") : nullptr)
            if (!embedding || head->bytes != embedding->bytes)
                complain(head->name, "got other numbers than the embedding's, to which the model ties it");
        for (auto const& [name, tensor] : left)
            if (!is_mask(name)) complain(name, "unexpected, got " + shown(tensor->shape) + ", wanted none");
    }

    std::vector<float> const& weights() const { return weights_; }
    std::vector<std::string>  mismatches;

private:
    void complain(std::string const& name, std::string const& what) {
        mismatches.push_back("tensor '" + name + "': " + what);
    }
    /// What older files hold beside weights: masks and rotations that follow from the config.
    static bool is_mask(std::string_view name) {
        return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
               name.ends_with(".rotary_emb.inv_freq");
    }
    void place(StockTensor const& wanted, Tensor const& tensor) {
        if (tensor.shape != wanted.shape)
            return complain(tensor.name,
                            "shape; got " + shown(tensor.shape) + ", wanted " + shown(wanted.shape));
        const auto numbers = numbers_of(tensor);
        if (!numbers)
            return complain(tensor.name,
                            concat("dtype; got ", tensor.dtype->name, ", wanted F32, BF16, F16 or F64"));
        for (std::size_t i = 0; i < numbers->size(); ++i)
            if (!std::isfinite((*numbers)[i]))
                return complain(tensor.name,
                                concat("number ", i, "; got ", (*numbers)[i], ", wanted a finite one"));
        if (!wanted.fixed.empty()) {
            if (*numbers != wanted.fixed)
                complain(
                    tensor.name,
                    model_.waves.empty() || wanted.shape.size() < 2
                        ? "got numbers that are not 0, wanted zeros, because the model has no such weight"
                        : "got other numbers, wanted the model's waves, which are no weights");
            return;
        }
        bool same = true;
        wanted.for_each([&](Index from, Index to) {
            const float number = (*numbers)[std::size_t(from)];
            float&      weight = weights_[std::size_t(to)];
            if (known_[std::size_t(to)]) same &= std::memcmp(&weight, &number, sizeof number) == 0;
            known_[std::size_t(to)] = true, weight = number;
        });
        if (!same) complain(tensor.name, "got numbers of its own, wanted those of the layer that it shares");
    }

    Anatomy const&     model_;
    std::vector<float> weights_;
    std::vector<bool>  known_;
};

[[gnu::cold, gnu::noinline]] inline void compare_tokens(std::vector<std::string>& mismatches,
                                                        nlohmann::json const& tokenizer, Vocab const& vocab) {
    const auto ours = nlohmann::json::parse(tokenizer_json(vocab).text());
    const auto path = nlohmann::json::json_pointer("/model/vocab");
    const auto got  = tokenizer.contains(path) ? tokenizer.at(path) : nlohmann::json::object();
    for (auto const& [token, id] : ours.at(path).items()) {
        const auto found = got.is_object() ? got.find(token) : got.end();
        if (found == got.end() || *found != id)
            mismatches.push_back("tokenizer.json: token " + nlohmann::json(token).dump() + "; got " +
                                 (found == got.end() ? "none" : found->dump()) + ", wanted " + id.dump());
    }
}

[[gnu::cold, gnu::noinline]] inline void load_pretrained(Anatomy const& model, std::span<float> weights,
                                                         std::string const& folder, Vocab const* vocab) {
    PretrainedReader  reader(model, Index(weights.size()));
    const Safetensors file(folder + "/model.safetensors");
    compare_settings(reader.mismatches, read_json(folder + "/config.json", 1 << 20), model);
    if (vocab) compare_tokens(reader.mismatches, read_json(folder + "/tokenizer.json", 1 << 26), *vocab);
    reader.read(file);
    if (!reader.mismatches.empty()) {
        std::string all;
        for (auto const& line : reader.mismatches) all += "\n    " + line;
        throw Error(concat("load_pretrained: '", folder, "'; got what does not fit the model:", all));
    }
    std::copy(reader.weights().begin(), reader.weights().end(), weights.begin());
}

template <class Model>
void load_pretrained(Model& model, std::string const& folder, Vocab const* vocab, PretrainedOptions options) {
    load_pretrained(anatomy_of<Model>(options),
                    std::span(model.weights().data(), std::size_t(Model::parameters)), folder, vocab);
}

}  // namespace detail

/// The model's weights become those of the folder. Layers of a loop must be there once for each of its passes, all
/// alike. Throws one Error that names every setting of the config and every tensor that does not fit.
template <class Model>
void load_pretrained(Model& model, std::string const& folder, PretrainedOptions options = {}) {
    detail::load_pretrained(model, folder, nullptr, options);
}
/// The same where the tokenizer's ids must be those of a task, too.
template <class Model, class Task>
    requires HasAlphabet<Task>
void load_pretrained(Model& model, std::string const& folder, Task const&, PretrainedOptions options = {}) {
    const Vocab vocab = vocab_of<Task>();
    detail::load_pretrained(model, folder, &vocab, options);
}

}  // namespace rung
