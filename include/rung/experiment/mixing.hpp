#pragma once
// What a round trains on: examples with true labels, and the sets of labels that were kept.

#include <algorithm>
#include <functional>
#include <vector>

#include "rung/core/archive.hpp"
#include "rung/curriculum/replay.hpp"
#include "rung/data/pick.hpp"
#include "rung/experiment/labelling.hpp"

namespace rung {

/// Examples with true labels: those of a curriculum, or of any source.
struct FirstSet {
    std::function<Item(Rng&, int step)> draw;
    std::function<Difficulty()>         hardest;       ///< that there were examples of
    std::function<void(Archive&)>       archive = {};  ///< what a curriculum has come to by tests
};

namespace detail {

/// Sums of the sets' weights, the first among them, as pick() takes them.
[[gnu::cold, gnu::noinline]] inline std::vector<double> weights_of(Replay const&                   replay,
                                                                   std::vector<LabelledSet> const& sets,
                                                                   Difficulty                      hardest) {
    std::vector<SetInfo> infos{{0, std::max(hardest.first, hardest.second)}};
    for (auto const& set : sets) infos.push_back({int(set.labels.size()), set.width});
    auto weights = replay(infos);
    RUNG_CHECK(weights.size() == infos.size(), "Replay: weights; got ", weights.size(), ", wanted ",
               infos.size(), ", one for each set");
    const auto none = [&] {
        return std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 0; });
    };
    RUNG_CHECK(!none(), "Replay: weights; got 0 for each of ", infos.size(),
               " sets, wanted more for one of them");
    for (std::size_t i = 1; i < infos.size(); ++i)
        if (infos[i].size == 0) weights[i] = 0;
    if (none()) weights[0] = 1;  // those that were to be trained on are empty
    return sums_of("Replay", weights);
}

/// What a model learns from in a round: examples with true labels, and sets of labels.
template <class Task>
struct RoundMix {
    Task const&                     task;
    Vocab const&                    vocab;
    FirstSet const&                 first;
    int                             trained;  ///< steps before the climb
    std::vector<LabelledSet> const& sets;
    std::vector<double>             sums;  ///< of weights, see weights_of()

    Item draw(Rng& rng) const {
        const std::size_t chosen = pick(rng, sums);
        if (chosen == 0) return first.draw(rng, trained);
        auto const& labels = sets[chosen - 1].labels;
        auto const& label  = labels[rng.below(std::uint32_t(labels.size()))];
        Item        item   = item_of(task, vocab, label);
        item.difficulty    = label.difficulty;
        return item;
    }
};

/// Operations of a step on a batch, both passes.
template <class Trainer>
double flops_of(Trainer const& trainer, Batch const& batch) {
    using Model      = typename Trainer::model_type;
    double    sum    = 0;
    const int passes = trainer.options().passes > 0 ? trainer.options().passes : Model::passes;
    for (const int length : batch.lengths) sum += 3 * Model::flops(length, passes);
    return sum;
}

}  // namespace detail

}  // namespace rung
