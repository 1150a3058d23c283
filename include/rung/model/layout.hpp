#pragma once
// Where a model's weights stand in its flat buffer: embedding, blocks, what the loop adds, a last norm, the head, and
// what a positional scheme learns about scores.

#include <string>
#include <vector>

#include "rung/backend/backend.hpp"
#include "rung/model/depth/entry.hpp"
#include "rung/model/layer/block.hpp"
#include "rung/model/position/score.hpp"
#include "rung/model/style/style.hpp"

namespace rung {

template <Shape S, class P, class D, class Style>
struct Layout {
    static constexpr Shape shape  = S;
    static constexpr int   C      = S.width;
    static constexpr bool  places = P::site == Site::embedding, tied = Style::tied;
    using Position = P;
    using Depth    = D;
    using Block    = rung::Block<S, P, Style>;
    using Norm     = typename Style::template Norm<C>;
    using Order    = Schedule<D>;
    using Scores   = ScoreBias<P, S, mask_of<Style>()>;
    using Entry    = rung::Entry<D, Norm, C>;

    struct Embed {
        static constexpr WeightList<2> weights{
            {{.name = "tokens", .rows = S.vocab, .cols = C, .init = Init::embedding, .lookup = !tied},
             {.name = "positions", .rows = places ? rows_of<P>(S.context) : 0, .cols = C, .lookup = true}}};
    };
    struct Unembed {
        static constexpr WeightList<1> weights{{{.name = "weight", .rows = tied ? 0 : C, .cols = S.vocab}}};
    };
    static constexpr Extent first_block = size_of(Embed::weights),
                            loop        = first_block + D::layers * Block::size,
                            last_norm   = loop + size_of(Entry::weights),
                            unembed     = last_norm + size_of(Norm::weights),
                            scores      = unembed + size_of(Unembed::weights),
                            all         = scores + size_of(Scores::weights);

    // Of weights, or of their gradients.
    static auto tokens(auto w) { return weight<Embed>(w, 0); }
    static auto positions(auto w) { return weight<Embed>(w, 1); }
    static auto block(auto w, int layer) { return w + (first_block + layer * Block::size); }
    static auto entry(auto w) { return w + loop; }
    static auto norm_between(auto w) { return w + (Entry::own_norm ? loop : last_norm); }
    static auto norm(auto w) { return w + last_norm; }
    static auto head(auto w) { return weight<Unembed>(w + unembed, 0); }
    static auto position(auto w) { return w + scores; }

    /// Of a loop's random start.
    static double start_std() { return Style::init(D::layers).std; }

    /// visit(name, spec, offset) for every weight that is there, in the order of the buffer.
    template <class Visit>
    static void for_each_weight(Visit&& visit) {
        Index      offset = 0;
        const auto each   = [&](std::string const& prefix, auto const& list) {
            for (auto const& spec : list) {
                const std::string layer = spec.layer.empty() ? "" : std::string(spec.layer) + ".";
                if (spec.size() > 0) visit(prefix + layer + std::string(spec.name), spec, offset);
                offset += spec.size();
            }
        };
        each("embed.", Embed::weights);
        for (int layer = 0; layer < D::layers; ++layer)
            each("blocks." + std::to_string(layer) + ".", Block::weights);
        each("loop.", Entry::weights);
        each("norm.", Norm::weights);
        each("unembed.", Unembed::weights);
        each("position.", Scores::weights);
    }

    /// Where the matrices stand that a backend's pack() lays out anew: panels in an array of as many numbers.
    static std::vector<PackedPlace> packed_places() {
        std::vector<PackedPlace> places;
        Index                    panels = 0;
        for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
            if (spec.multiplied()) places.push_back({spec.rows, spec.cols, offset, panels});
            panels += spec.panels();
        });
        return places;
    }
};

}  // namespace rung
