#pragma once
// A layer's weights are one constexpr list; sizes, offsets, names and initial values all follow from it.
// A model's weights are one flat buffer: the lists of its layers, one after another.

#include <array>
#include <cstdint>
#include <string_view>

#include "rung/core/rng.hpp"
#include "rung/core/view.hpp"

namespace rung {

enum class Init {
    zeros,
    ones,
    normal,    ///< N(0, std)
    residual,  ///< N(0, std / sqrt(2 L)): writes into the residual stream, as in GPT-2
};

/// One matrix, or a vector as a matrix of one row. A weight that a style leaves out has no rows.
struct WeightSpec {
    std::string_view name;
    int              rows = 0, cols = 0;
    Init             init  = Init::normal;
    bool             decay = true;  ///< weight decay applies: matrices, not norms, biases
    std::string_view layer = "";    ///< the layer it belongs to, set where lists are joined

    constexpr Index size() const { return Index{rows} * cols; }
};

template <std::size_t n>
using WeightList = std::array<WeightSpec, n>;

template <std::size_t n>
constexpr Index size_of(WeightList<n> const& list) {
    Index sum = 0;
    for (auto const& weight : list) sum += weight.size();
    return sum;
}

/// The weight at place `index` of a layer's list, given where the layer's weights begin.
template <class Layer, class T>
constexpr Mat<T> weight(T* layer, std::size_t index) {
    Index offset = 0;
    for (std::size_t i = 0; i < index; ++i) offset += Layer::weights[i].size();
    auto const& spec = Layer::weights[index];
    return {layer + offset, spec.rows, spec.cols};
}

/// The list of a layer under its name in the model.
template <std::size_t n>
constexpr WeightList<n> under(std::string_view layer, WeightList<n> list) {
    for (auto& weight : list) weight.layer = layer;
    return list;
}

/// Lists of two layers in a row.
template <std::size_t n, std::size_t m>
constexpr WeightList<n + m> operator+(WeightList<n> const& a, WeightList<m> const& b) {
    WeightList<n + m> all;
    for (std::size_t i = 0; i < n; ++i) all[i] = a[i];
    for (std::size_t i = 0; i < m; ++i) all[n + i] = b[i];
    return all;
}

struct InitScale {
    double std;       ///< of Init::normal
    double residual;  ///< factor on top for Init::residual
};

/// Fills one weight. `id` names its stream, so a weight's values do not depend on the sizes of the others.
template <class Real>
void initialize(Real* data, WeightSpec const& spec, InitScale scale, std::uint64_t seed, std::uint32_t id) {
    Rng          rng(seed, Purpose::weights, id);
    const double std = spec.init == Init::residual ? scale.std * scale.residual : scale.std;
    for (Index i = 0; i < spec.size(); ++i)
        data[i] = spec.init == Init::zeros  ? Real(0)
                  : spec.init == Init::ones ? Real(1)
                                            : Real(std * rng.normal());
}

}  // namespace rung
