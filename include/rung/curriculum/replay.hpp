#pragma once
// How a round's batches are mixed: the newest self-made labels, older ones, and the first set with its true labels.

#include <cmath>
#include <functional>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/curriculum/policy.hpp"

namespace rung {

/// One of the sets that a round trains on, in order: the first has true labels and no end.
struct SetInfo {
    int size  = 0;  ///< labels; of the first 0, for it has no end
    int width = 1;  ///< difficulties; of the first its hardest number, as difficulties from 1 on have it
};

template <class F>
struct explain_replay {
    static constexpr bool ok = std::is_invocable_r_v<std::vector<double>, F&, std::vector<SetInfo> const&>;
    static_assert(
        ok,
        "Replay: wanted `std::vector<double> operator()(std::vector<rung::SetInfo> const&) const`, the "
        "weight of each set in a batch, like HalfNewest");
};

/// The weight of each set in a batch. Sets without labels are left out whatever their weight.
using Replay = Policy<std::vector<double>(std::vector<SetInfo> const&), explain_replay>;

/// A share of each batch from the newest set; the rest from the first with the weight `first` and from the others, each
/// with the number of its difficulties (Lee et al., ICML 2025).
struct HalfNewest {
    double newest = 0.5;
    double first  = 0;  ///< weight of the first set; 0: its width
    int    keep   = 0;  ///< self-made sets that are trained on, the newest ones; 0: all
    int    enough = 0;  ///< labels; with fewer the newest set's share shrinks in proportion. 0: never

    [[gnu::cold, gnu::noinline]] void check() const {
        check_number(newest >= 0 && newest <= 1, "HalfNewest: newest", newest, "0 to 1");
        check_number(first >= 0 && std::isfinite(first), "HalfNewest: first", first,
                     "a finite number of at least 0");
        check_number(keep >= 0, "HalfNewest: keep", keep, "at least 0");
        check_number(enough >= 0, "HalfNewest: enough", enough, "at least 0");
    }
    [[gnu::cold, gnu::noinline]] std::vector<double> operator()(std::vector<SetInfo> const& sets) const {
        check();
        const std::size_t last = sets.size() - 1;
        const double share     = newest * (sets[last].size < enough ? double(sets[last].size) / enough : 1.0);
        const std::size_t   from = keep > 0 && std::size_t(keep) < last ? sets.size() - std::size_t(keep) : 1;
        std::vector<double> weights(sets.size(), 0);
        double              sum = weights[0] = first > 0 ? first : sets[0].width;
        for (std::size_t i = from; i < last; ++i) sum += weights[i] = sets[i].size > 0 ? sets[i].width : 0;
        for (std::size_t i = 0; i < last; ++i) weights[i] *= (1 - share) / sum;
        if (last > 0) weights[last] = share;
        return weights;
    }
};

}  // namespace rung
