#pragma once
// A layer's weights are one constexpr list; sizes, offsets, names and initial values all follow from it.
// A model's weights are one flat buffer: the lists of its layers, one after another.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rung/backend/update.hpp"
#include "rung/core/buffer.hpp"
#include "rung/core/check.hpp"
#include "rung/core/packed.hpp"
#include "rung/core/rng.hpp"
#include "rung/core/scalar.hpp"
#include "rung/core/view.hpp"

namespace rung {

enum class Init {
    zeros,
    ones,
    normal,     ///< N(0, std)
    residual,   ///< N(0, std / sqrt(2 L)): writes into the residual stream, as in GPT-2
    embedding,  ///< N(0, std), or what the style says of embeddings
    fan_in,     ///< N(0, 1 / sqrt(rows)): keeps the scale of what it multiplies
};

/// One matrix, or a vector as a matrix of one row. A weight that a style leaves out has no rows.
struct WeightSpec {
    std::string_view name;
    int              rows = 0, cols = 0;
    Init             init   = Init::normal;
    bool             decay  = true;   ///< weight decay applies: matrices, not norms, biases
    bool             lookup = false;  ///< rows are looked up and never multiplied
    std::string_view layer  = "";     ///< the layer it belongs to, set where lists are joined

    constexpr Index size() const { return Index{rows} * cols; }
    constexpr bool  multiplied() const { return rows > 1 && !lookup; }
    constexpr Index panels() const {
        return multiplied() ? panels_size(rows, cols) + panels_size(cols, rows) : 0;
    }
};

/// A distance in the flat array of weights, and the same in the array of their packings.
struct Extent {
    Index flat = 0, panels = 0;

    friend constexpr Extent operator+(Extent a, Extent b) { return {a.flat + b.flat, a.panels + b.panels}; }
    friend constexpr Extent operator*(Index n, Extent a) { return {n * a.flat, n * a.panels}; }
    template <class T>
    friend constexpr T* operator+(T* weights, Extent extent) {
        return weights + extent.flat;
    }
};

/// Weights as a forward pass reads them. Without packings a product packs what it reads by itself.
template <class Real>
struct Weights {
    Real const* flat   = nullptr;
    Real const* panels = nullptr;

    Weights(Real const* flat_, Real const* panels_ = nullptr) : flat(flat_), panels(panels_) {}
    friend Weights operator+(Weights w, Extent extent) {
        return {w.flat + extent.flat, w.panels ? w.panels + extent.panels : nullptr};
    }
};

template <std::size_t n>
using WeightList = std::array<WeightSpec, n>;

template <std::size_t n>
constexpr Extent size_of(WeightList<n> const& list, std::size_t count = n) {
    Extent sum;
    for (std::size_t i = 0; i < count; ++i) sum = sum + Extent{list[i].size(), list[i].panels()};
    return sum;
}

/// The shape of a weight, and where it stands in its layer.
struct PlacedWeight {
    int    rows, cols;
    bool   multiplied;
    Extent at;
};
/// Of each weight of a layer, counted when the layer is compiled and not wherever one is read.
template <class Layer>
inline constexpr auto places_of = [] {
    std::array<PlacedWeight, Layer::weights.size()> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& spec = Layer::weights[i];
        all[i]           = {spec.rows, spec.cols, spec.multiplied(), size_of(Layer::weights, i)};
    }
    return all;
}();

/// The one of a layer's weights that has that place, given where they begin.
template <class Real>
Packed<Real> weight(Weights<Real> layer, PlacedWeight const& place) {
    const auto   at = layer + place.at;
    Packed<Real> w(Mat<Real const>(at.flat, place.rows, place.cols));
    if (at.panels && place.multiplied) {
        w.panels            = at.panels;
        w.transposed_panels = at.panels + panels_size(place.rows, place.cols);
    }
    return w;
}
template <class T>
constexpr Mat<T> weight(T* layer, PlacedWeight const& place) {
    return {layer + place.at, place.rows, place.cols};
}
/// The weight at place `index` of a layer's list: weight<Layer>(where the layer's weights begin, index).
template <class Layer>
constexpr auto weight(auto layer, std::size_t index) {
    return weight(layer, places_of<Layer>[index]);
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

/// A weight of a model, and where it begins in the flat buffer.
struct NamedWeight {
    std::string name;
    WeightSpec  spec;
    Index       offset = 0;
};

/// Weights of a list that are there.
template <std::size_t n>
constexpr int count_of(WeightList<n> const& list) {
    int count = 0;
    for (auto const& spec : list) count += spec.size() > 0;
    return count;
}

/// Those of a model's weights that are there, in the order of the buffer, written down layer by layer.
class NamedWeights {
public:
    explicit NamedWeights(int count) : all_(new NamedWeight[std::size_t(count)]), count_(count) {}

    template <std::size_t n>
    void add(std::string const& prefix, WeightList<n> const& layer) {
        add(prefix, layer.data(), n);
    }
    /// All that there is room for.
    NamedWeights take() && {
        RUNG_CHECK(next_ == count_, "NamedWeights: got ", next_, ", wanted ", count_);
        return std::move(*this);
    }

    NamedWeight const* begin() const { return all_.get(); }
    NamedWeight const* end() const { return all_.get() + next_; }

private:
    [[gnu::cold, gnu::noinline]] void add(std::string const& prefix, WeightSpec const* layer, std::size_t n) {
        for (auto const* spec = layer; spec < layer + n; ++spec) {
            if (spec->size() == 0) continue;
            RUNG_CHECK(next_ < count_, "NamedWeights: got more than ", count_);
            NamedWeight& weight = all_[std::size_t(next_++)];
            weight.name         = join({prefix, spec->layer, spec->layer.empty() ? "" : ".", spec->name});
            weight.spec = *spec, weight.offset = offset_;
            offset_ += spec->size();
        }
    }

    std::unique_ptr<NamedWeight[]> all_;
    int                            count_ = 0, next_ = 0;
    Index                          offset_ = 0;
};

/// Where the matrices stand that a backend's pack() lays out anew: panels in an array of as many numbers.
[[gnu::cold, gnu::noinline]] inline Buffer<PackedPlace> packed_places(NamedWeights const& all) {
    Index count = 0, panels = 0;
    for (auto const& weight : all) count += weight.spec.multiplied();
    Buffer<PackedPlace> places(count);
    count = 0;
    for (auto const& [name, spec, offset] : all) {
        if (spec.multiplied()) places[count++] = {spec.rows, spec.cols, offset, panels};
        panels += spec.panels();
    }
    return places;
}

/// Runs of all weights for the optimizer: four arrays of as many numbers fit the first-level cache.
[[gnu::cold, gnu::noinline]] inline Buffer<Chunk> chunks_of(NamedWeights const& all) {
    constexpr Index size  = 4096;
    Index           count = 0;
    for (auto const& weight : all) count += (weight.spec.size() + size - 1) / size;
    Buffer<Chunk> chunks(count);
    count = 0;
    for (auto const& [name, spec, offset] : all)
        for (Index i = 0; i < spec.size(); i += size)
            chunks[count++] = {offset + i, std::min(size, spec.size() - i), spec.decay};
    return chunks;
}

/// A layer that is left out.
struct NoWeights {
    static constexpr WeightList<0> weights{};
};

struct InitScale {
    double std;            ///< of Init::normal
    double residual;       ///< factor on top for Init::residual
    double embedding = 1;  ///< the same for Init::embedding
};

/// Fills one weight. `id` names its stream, so a weight's values do not depend on the sizes of the others.
template <class Real>
void initialize(Real* data, WeightSpec const& spec, InitScale scale, std::uint64_t seed, std::uint32_t id) {
    Rng          rng(seed, Purpose::weights, id);
    const double std = scale.std * (spec.init == Init::residual    ? scale.residual
                                    : spec.init == Init::embedding ? scale.embedding
                                                                   : 1.0);
    for (Index i = 0; i < spec.size(); ++i)
        data[i] = spec.init == Init::zeros  ? Real(0)
                  : spec.init == Init::ones ? Real(1)
                                            : Real(std * rng.normal());
}

/// Fills all of a model's.
template <class Real>
void initialize(Real* w, NamedWeights const& all, InitScale scale, std::uint64_t seed) {
    std::uint32_t id = 0;
    for (auto const& [name, spec, offset] : all) initialize(w + offset, spec, scale, seed, id++);
}

/// What a model is made on: a context of any device.
template <class Context>
concept MakesModels = requires(Context const& ctx) {
    ctx.seed(), ctx.memory();
};

/// A model's weights, packed for the products of one step or of one batch of answers: until they change, or until the
/// context packs again, as each step, decode and evaluation does. Empties the lanes' scratch memory.
template <class Context, class Model>
Weights<Acc<typename Context::real>> pack(Context& ctx, Model const& model) {
    RUNG_CHECK(model.weights().size() == Model::parameters, "pack: the model's weights; got ",
               model.weights().size(), ", wanted ", Model::parameters, " (was the model moved from?)");
    RUNG_CHECK(
        &model.weights().memory() == &ctx.memory(),
        "pack: the model's weights are in memory of another kind of context; wanted `Model model{ctx}`");
    static const auto places  = Model::packed_places();
    float const*      weights = model.weights().cdata();
    return {weights, packed(ctx, weights, Model::parameters, Model::panels, places)};
}

}  // namespace rung
