#pragma once
// Whose weights a state holds. A size tells little: a model of other heads, or of layers twice as many and half as
// wide, may have as many numbers.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/archive.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/weights.hpp"

namespace rung::detail {

/// "2 heads, positions nowhere, embed.tokens 13 x 64, ...": what models must have alike for one's weights to mean
/// anything to the other. How often a loop runs, and how much is read, are not of it.
[[gnu::cold, gnu::noinline]] inline std::string likeness(int heads, Site site,
                                                         std::vector<NamedWeight> const& all) {
    constexpr char const* sites[] = {"nowhere", "embedding", "sinusoids", "query_key", "score"};
    std::string           text    = join({heads, " heads, positions ", sites[int(site)]});
    for (auto const& weight : all)
        text += join({", ", weight.name, " ", weight.spec.rows, " x ", weight.spec.cols});
    return text;
}
template <class Model>
std::string likeness() {
    return likeness(Model::shape.heads, Model::position_type::site, Model::named_weights());
}

/// The item of a list that has its character `at`.
inline std::string_view item_at(std::string_view list, std::size_t at) {
    const std::size_t comma = list.substr(0, at).rfind(", "), first = comma == list.npos ? 0 : comma + 2;
    return list.substr(first, std::min(list.find(',', at), list.size()) - first);
}

/// Says before the weights of a state which model's they are, or throws where it is not this one. States of earlier
/// versions do not say it, and are read.
[[gnu::cold, gnu::noinline]] inline void archive_likeness(Archive& all, std::string const& model) {
    if (!all.mark("model: ")) return;
    std::string kept = model;
    all(kept);
    if (kept == model) return;
    std::size_t same = 0;
    while (same < std::min(kept.size(), model.size()) && kept[same] == model[same]) ++same;
    fail({"Trainer: model of a state; got '", item_at(kept, same), "', wanted '", item_at(model, same),
          "' (this is the state of another model)"});
}

}  // namespace rung::detail
