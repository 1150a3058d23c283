#pragma once
// One difficulty after another by the clock: a list of stages, each up to a step of training.

#include "rung/curriculum/weighted.hpp"

namespace rung {

struct Stage {
    int until = 0;  ///< steps of training before the next stage begins; of the last, whatever comes after too
    Weighted of;
};

/// Staged{{{1'000, Weighted::uniform(1, 5)}, {3'000, Weighted::uniform(1, 10)}}}: up to 5 in the first 1,000 steps of
/// training, up to 10 in the next 2,000 and whatever comes after. Every call to train() begins at the first stage.
class Staged {
public:
    explicit Staged(std::vector<Stage> stages) : stages_(std::move(stages)) {
        RUNG_CHECK(!stages_.empty(), "Staged: stages; got none, wanted at least 1");
        for (int last = 0; auto const& [until, of] : stages_) {
            RUNG_CHECK(until > last, "Staged: step at which a stage ends; got ", until, " after ", last,
                       ", wanted each later than the one before");
            const Difficulty here = of.hardest();
            RUNG_CHECK((here.second == 0) == (stages_.front().of.hardest().second == 0),
                       "Staged: difficulties up to ", here.text(), ", wanted all of one axis or all of two");
            hardest_ = {std::max(hardest_.first, here.first), std::max(hardest_.second, here.second)};
            last     = until;
        }
    }

    Difficulty difficulty(Rng& rng, int step) const { return stages_[stage(step)].of.difficulty(rng); }
    void       observe(Report const&) const {}
    Difficulty hardest() const { return hardest_; }
    /// Which stage a step belongs to, from 0.
    std::size_t stage(int step) const {
        std::size_t i = 0;
        while (i + 1 < stages_.size() && step >= stages_[i].until) ++i;
        return i;
    }

private:
    std::vector<Stage> stages_;
    Difficulty         hardest_;
};

}  // namespace rung
