#pragma once
// A model as values: what the files of a checkpoint are made from, without its type.

#include <cmath>
#include <string>
#include <vector>

#include "rung/io/stock_class.hpp"
#include "rung/io/tensor.hpp"

namespace rung {

struct PretrainedOptions {
    int passes = 0;  ///< of a loop, written as so many layers; 0: the depth's own number
};

struct Anatomy {
    StockClass               stock;
    Shape                    shape;
    bool                     tied, attention_biased, mlp_biased;
    std::string_view         activation;
    Site                     site;
    double                   theta, stretch;  ///< of rotations
    std::vector<float>       waves;           ///< (context, C) added to embeddings, or nothing
    std::vector<NamedWeight> weights;
    std::vector<int>         layers;  ///< the model's layer that each written one is
};

/// Throws where there is no such number of passes.
template <class Model>
[[gnu::cold, gnu::noinline]] Anatomy anatomy_of(PretrainedOptions options = {}) {
    using M = decltype(parts_of(std::declval<Model const&>()));
    static_assert(explain_stock_class<M>::ok);
    constexpr Shape S        = Model::shape;
    const Rotation  rotation = rotation_of<typename M::Position>(S.head_size());
    const double    R        = rotation.channels;

    Anatomy all{M::gpt2 ? StockClass::gpt2 : StockClass::llama,
                S,
                M::Style::tied,
                M::Style::biased,
                M::Mlp::biased,
                stock_name(M::Mlp::activation),
                M::Position::site,
                rotation.ntk > 1 ? rotation.theta * std::pow(rotation.ntk, R / (R - 2)) : rotation.theta,
                rotation.stretch,
                {},
                {},
                {}};
    if constexpr (M::Position::site == Site::sinusoids) {
        const Rotation wave{.theta = M::Position::theta, .channels = S.width};
        const auto     std = float(M::Style::init(M::Depth::layers).std);
        for (int position = 0; position < S.context; ++position)
            for (int c = 0; c < S.width; ++c) {
                const double angle = wave.angle(position, c % (S.width / 2));
                all.waves.push_back(float(c < S.width / 2 ? std::cos(angle) : std::sin(angle)) * std);
            }
    }
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        all.weights.push_back({name, spec, offset});
    });
    const int passes = int(Model::passes_of({.passes = options.passes}).most);
    for (int block = 0; block < Model::Order::blocks(passes); ++block)
        all.layers.push_back(Model::Order::layer(block, passes));
    return all;
}

}  // namespace rung
