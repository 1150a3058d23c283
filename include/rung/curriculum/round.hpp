#pragma once
// The record of a round of self-improvement: what was labelled and kept, how good that was, what the model can do
// since, and what became of it.

#include <cstdint>
#include <string>
#include <vector>

#include "rung/eval/score.hpp"

namespace rung {

/// Labels of one difficulty, of all models together. `right` counts compare with the truth, which is looked at for
/// this record alone.
struct LabelCount {
    Difficulty difficulty = 0;
    int        labelled = 0, labelled_right = 0, kept = 0, kept_right = 0;

    void archive(auto& all) { all(difficulty, labelled, labelled_right, kept, kept_right); }
    /// Share of the kept labels that are right; 0 where none was kept.
    double precision() const { return kept > 0 ? double(kept_right) / kept : 0; }
    /// Share of the right labels that were kept; 0 where none was right.
    double recall() const { return labelled_right > 0 ? double(kept_right) / labelled_right : 0; }
    double kept_share() const { return labelled > 0 ? double(kept) / labelled : 0; }
};

/// What a watchdog says of a round.
enum class Ruling {
    go_on,      ///< to the next difficulties
    hold,       ///< label the same difficulties once more
    roll_back,  ///< the same, from the weights of before, without this round's labels
    stop,
};

inline char const* ruling_name(Ruling ruling) {
    constexpr char const* names[] = {"go on", "hold", "roll back", "stop"};
    return names[int(ruling)];
}

struct Round {
    int                     round      = 0;  ///< from 1
    Difficulty              difficulty = 0;  ///< the hardest that was labelled
    std::vector<LabelCount> labels;          ///< of each difficulty
    /// Of the kept labels, the mean share of models that gave them; of one model, the mean probability it gave them.
    /// An estimate of their precision that needs no truth: too low where models err each in its own way, too high where
    /// they err alike.
    double       trust  = 0;
    double       loss   = 0;               ///< mean of the round's steps
    std::int64_t tokens = 0, decoded = 0;  ///< that were trained on, and that were written as labels
    double       flops = 0;                ///< of labelling and training
    Report       before, after;  ///< accuracy, of all models together; empty: this round had no test
    Ruling       ruling = Ruling::go_on;
    std::string  sign;  ///< of a collapse: what the watchdog saw; empty: nothing

    void archive(auto& all) {
        all(round, difficulty, labels, trust, loss, tokens, decoded, flops, before, after, ruling, sign);
    }
    /// All difficulties together.
    LabelCount total() const {
        LabelCount sum{.difficulty = difficulty};
        for (auto const& count : labels) {
            sum.labelled += count.labelled, sum.labelled_right += count.labelled_right;
            sum.kept += count.kept, sum.kept_right += count.kept_right;
        }
        return sum;
    }
};

}  // namespace rung
