#pragma once
// Whose weights a state holds. A size tells little: a model of other heads, or of layers twice as many and half as
// wide, may have as many numbers.

#include <string>
#include <string_view>

#include "rung/core/archive.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/weights.hpp"

namespace rung::detail {

/// "2 heads,positions nowhere,embed.tokens 13 x 64,...,no more": what models must have alike for one's weights to mean
/// anything to the other. How often a loop runs, and how much is read, are not of it.
[[gnu::cold, gnu::noinline]] inline std::string likeness(int heads, Site site, NamedWeights const& all) {
    constexpr char const* sites[] = {"nowhere", "embedding", "sinusoids", "query_key", "score"};
    std::string           text    = join({heads, " heads,positions ", sites[int(site)]});
    for (auto const& weight : all)
        text += join({",", weight.name, " ", weight.spec.rows, " x ", weight.spec.cols});
    return text + ",no more";
}
template <class Model>
std::string likeness() {
    return likeness(Model::shape.heads, Model::position_type::site, Model::named_weights());
}

/// Says before the weights of a state which model's they are, or throws where it is not this one. States of earlier
/// versions do not say it, and are read.
[[gnu::cold, gnu::noinline]] inline void archive_likeness(Archive& all, std::string const& model) {
    if (!all.mark("model: ")) return;
    std::string kept = model;
    all(kept);
    if (kept == model) return;
    const auto       first = [](std::string_view list) { return list.substr(0, list.find(',')); };
    std::string_view got = kept, wanted = model;
    while (first(got) == first(wanted) && first(wanted) != wanted)
        got.remove_prefix(got.find(',') + 1), wanted.remove_prefix(wanted.find(',') + 1);
    fail({"model of a state; got '", first(got), "', wanted '", first(wanted),
          "' (this is the state of another model)"});
}

template <class Model>
void archive_likeness(Archive& all) {
    archive_likeness(all, likeness<Model>());
}

}  // namespace rung::detail
