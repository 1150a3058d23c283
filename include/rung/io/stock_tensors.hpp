#pragma once
// Where each tensor of a stock class stands among a model's weights: all of one or some columns of it, turned over or
// not. Writing copies one way, reading the other.

#include <string>
#include <utility>
#include <vector>

#include "rung/io/anatomy.hpp"

namespace rung {

/// Number (i, j) of the tensor is weight at + i * row + j * col; a vector has one row.
struct StockTensor {
    std::string name;
    Dimensions  shape;
    Index       at = 0, row = 0, col = 1;
    /// The tensor's numbers where no weight holds them: zeros or waves that the class has as weights and we do not.
    std::vector<float> fixed{};

    Index rows() const { return shape.size() < 2 ? 1 : Index(shape[0]); }
    Index cols() const { return Index(shape.back()); }
    /// visit(place in the tensor, place among the weights)
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (Index i = 0; i < rows(); ++i)
            for (Index j = 0; j < cols(); ++j) visit(i * cols() + j, at + i * row + j * col);
    }
};

namespace detail {

/// Makes tensors of a model's weights by their names.
class StockTensorMaker {
public:
    explicit StockTensorMaker(Anatomy const& model) : model_(model) {}

    /// A matrix as it is.
    [[gnu::cold, gnu::noinline]] void matrix(std::string name, std::string const& weight) {
        auto const& [found, spec, offset] = *find(weight);
        tensors.push_back({std::move(name), {size(spec.rows), size(spec.cols)}, offset, spec.cols, 1});
    }
    /// `count` columns of a matrix from column `first`, as the rows of another: PyTorch's Linear is (out, in).
    [[gnu::cold, gnu::noinline]] void linear(std::string name, std::string const& weight, int first,
                                             int count) {
        auto const& [found, spec, offset] = *find(weight);
        tensors.push_back({std::move(name), {size(count), size(spec.rows)}, offset + first, 1, spec.cols});
    }
    /// Numbers `first` to `first + count` of a vector; zeros, where the model has none.
    [[gnu::cold, gnu::noinline]] void vector(std::string name, std::string const& weight, int first,
                                             int count) {
        if (auto const* const found = find(weight))
            tensors.push_back({std::move(name), {size(count)}, found->offset + first});
        else constant(std::move(name), {size(count)}, std::vector<float>(size(count)));
    }
    [[gnu::cold, gnu::noinline]] void constant(std::string name, Dimensions shape,
                                               std::vector<float> numbers) {
        tensors.push_back({std::move(name), std::move(shape), 0, 0, 1, std::move(numbers)});
    }

    std::vector<StockTensor> tensors;

private:
    static std::size_t size(int n) { return static_cast<std::size_t>(n); }
    NamedWeight const* find(std::string const& name) const {
        for (auto const& weight : model_.weights)
            if (weight.name == name) return &weight;
        return nullptr;
    }

    Anatomy const& model_;
};

[[gnu::cold, gnu::noinline]] inline std::vector<StockTensor> gpt2_tensors(Anatomy const& model) {
    const int        C = model.shape.width, F = model.shape.mlp();
    StockTensorMaker make(model);
    make.matrix("transformer.wte.weight", "embed.tokens");
    if (model.site == Site::embedding) {
        make.matrix("transformer.wpe.weight", "embed.positions");
    } else {  // no positions are zeros for every place
        const auto rows = std::size_t(model.shape.context), cols = std::size_t(C);
        make.constant("transformer.wpe.weight", {rows, cols},
                      model.waves.empty() ? std::vector<float>(rows * cols) : model.waves);
    }
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const std::string to   = "transformer.h." + std::to_string(i) + ".",
                          from = "blocks." + std::to_string(model.layers[i]) + ".";
        for (const std::string n : {"1", "2"}) {
            make.vector(to + "ln_" + n + ".weight", from + "norm" + n + ".gain", 0, C);
            make.vector(to + "ln_" + n + ".bias", from + "norm" + n + ".bias", 0, C);
        }
        const auto map = [&](std::string const& name, std::string const& weight, int cols) {
            make.matrix(to + name + ".weight", from + weight);
            make.vector(to + name + ".bias", from + weight + "_bias", 0, cols);
        };
        map("attn.c_attn", "attention.qkv", 3 * C), map("attn.c_proj", "attention.project", C);
        map("mlp.c_fc", "mlp.up", F), map("mlp.c_proj", "mlp.down", C);
    }
    make.vector("transformer.ln_f.weight", "norm.gain", 0, C);
    make.vector("transformer.ln_f.bias", "norm.bias", 0, C);
    if (!model.tied) make.linear("lm_head.weight", "unembed.weight", 0, model.shape.vocab);
    return std::move(make.tensors);
}

[[gnu::cold, gnu::noinline]] inline std::vector<StockTensor> llama_tensors(Anatomy const& model) {
    const int C = model.shape.width, F = model.shape.mlp(), keys = model.shape.kv() * model.shape.head_size();
    StockTensorMaker make(model);
    make.matrix("model.embed_tokens.weight", "embed.tokens");
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
        const std::string to   = "model.layers." + std::to_string(i) + ".",
                          from = "blocks." + std::to_string(model.layers[i]) + ".";
        make.vector(to + "input_layernorm.weight", from + "norm1.gain", 0, C);
        make.vector(to + "post_attention_layernorm.weight", from + "norm2.gain", 0, C);
        const auto map = [&](std::string const& name, std::string const& weight, int first, int count,
                             bool biased) {
            make.linear(to + name + ".weight", from + weight, first, count);
            if (biased) make.vector(to + name + ".bias", from + weight + "_bias", first, count);
        };
        const bool biased = model.attention_biased;
        map("self_attn.q_proj", "attention.qkv", 0, C, biased);
        map("self_attn.k_proj", "attention.qkv", C, keys, biased);
        map("self_attn.v_proj", "attention.qkv", C + keys, keys, biased);
        map("self_attn.o_proj", "attention.project", 0, C, biased);
        map("mlp.gate_proj", "mlp.gate_up", 0, F, model.mlp_biased);
        map("mlp.up_proj", "mlp.gate_up", F, F, model.mlp_biased);
        map("mlp.down_proj", "mlp.down", 0, C, model.mlp_biased);
    }
    make.vector("model.norm.weight", "norm.gain", 0, C);
    if (!model.tied) make.linear("lm_head.weight", "unembed.weight", 0, model.shape.vocab);
    return std::move(make.tensors);
}

}  // namespace detail

/// Every tensor of the class, those of shared layers once for each pass.
inline std::vector<StockTensor> stock_tensors_of(Anatomy const& model) {
    return model.stock == StockClass::gpt2 ? detail::gpt2_tensors(model) : detail::llama_tensors(model);
}

}  // namespace rung
