#pragma once
// Where a model's weights stand in its flat buffer: embedding, blocks, what the loop adds, a last norm, the head, and
// what a positional scheme learns about scores.

#include <string>
#include <utility>

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

    /// Every weight that is there, in the order of the buffer. One copy, for whoever walks over them.
    [[gnu::noinline]] static NamedWeights weights() {
        NamedWeights list(count_of(Embed::weights) + D::layers * count_of(Block::weights) +
                          count_of(Entry::weights) + count_of(Norm::weights) + count_of(Unembed::weights) +
                          count_of(Scores::weights));
        list.add("embed.", Embed::weights);
        for (int layer = 0; layer < D::layers; ++layer)
            list.add(join({"blocks.", layer, "."}), Block::weights);
        list.add("loop.", Entry::weights);
        list.add("norm.", Norm::weights);
        list.add("unembed.", Unembed::weights);
        list.add("position.", Scores::weights);
        return std::move(list).take();
    }
};

}  // namespace rung
