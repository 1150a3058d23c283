#pragma once
// The record of a round of self-improvement: what was labelled and kept, how good that was, what the model can do
// since, and what became of it.

#include <cstdint>
#include <iomanip>
#include <ostream>
#include <string>
#include <vector>

#include "rung/eval/score.hpp"

namespace rung {

/// Labels of one difficulty, of all models together. `right` counts compare with the truth, which is looked at for
/// this record alone.
struct LabelCount {
    Difficulty difficulty = 0;
    int        labelled = 0, labelled_right = 0;
    int        kept = 0, kept_right = 0;  ///< by the filter, before noise
    int        spoilt = 0;                ///< kept labels that were made wrong on purpose
    /// Means over all labels, before the filter: the share of models that gave a label, and the probability that they
    /// gave it.
    double agreement = 0, confidence = 0;
    /// Mean over the kept labels of their agreement; of one model, of its confidence. An estimate of their precision
    /// that needs no truth: too low where models err each in its own way, too high where they err alike, or where a
    /// model is sure of its mistakes.
    double trust = 0;

    void archive(auto& all) {
        all(difficulty, labelled, labelled_right, kept, kept_right, spoilt, agreement, confidence, trust);
    }
    /// Share of the kept labels that are right; 0 where none was kept.
    double precision() const { return kept > 0 ? double(kept_right) / kept : 0; }
    /// Share of the right labels that were kept; 0 where none was right.
    double recall() const { return labelled_right > 0 ? double(kept_right) / labelled_right : 0; }
    double kept_share() const { return labelled > 0 ? double(kept) / labelled : 0; }

    /// With others, of whatever difficulty.
    [[gnu::cold, gnu::noinline]] void add(LabelCount const& more) {
        const auto mean = [](double a, int of_a, double b, int of_b) {
            return of_a + of_b > 0 ? (a * of_a + b * of_b) / (of_a + of_b) : 0.0;
        };
        agreement  = mean(agreement, labelled, more.agreement, more.labelled);
        confidence = mean(confidence, labelled, more.confidence, more.labelled);
        trust      = mean(trust, kept, more.trust, more.kept);
        labelled += more.labelled, labelled_right += more.labelled_right;
        kept += more.kept, kept_right += more.kept_right, spoilt += more.spoilt;
    }
};

/// What a watchdog says of a round.
enum class Ruling {
    go_on,      ///< to the next difficulties
    hold,       ///< label the same difficulties once more; these labels are forgotten, though trained on once
    roll_back,  ///< the same from the weights of before, as if this round had not been
    stop,       ///< ends the climb, and what this round kept and learnt stays
};

/// The same difficulties come once more.
inline bool waits(Ruling ruling) { return ruling == Ruling::hold || ruling == Ruling::roll_back; }

inline char const* ruling_name(Ruling ruling) {
    constexpr char const* names[] = {"go on", "hold", "roll back", "stop"};
    return names[int(ruling)];
}

struct Round {
    int                     round      = 0;           ///< from 1
    Difficulty              difficulty = 0;           ///< the hardest that was labelled
    Difficulty              hardest    = 0;           ///< that has true labels
    std::vector<LabelCount> labels;                   ///< of each difficulty
    double                  loss    = 0;              ///< mean of the round's steps
    std::int64_t            tokens  = 0;              ///< that were trained on
    std::int64_t            decoded = 0, probed = 0;  ///< that were written, as labels and for the schedule
    double                  flops = 0;                ///< of all that
    /// Tests of the weights, of all models together; empty: there was none. After a round that was rolled back: of
    /// the weights that were given up.
    Report      before, after;
    Ruling      ruling = Ruling::go_on;
    bool        ends   = false;  ///< the climb, with this round, whatever the ruling
    std::string sign;            ///< of a collapse: what the watchdog saw; empty: nothing

    void archive(auto& all) {
        all(round, difficulty, hardest, labels, loss, tokens, decoded, probed, flops, before, after, ruling,
            ends, sign);
    }
    /// The test of the weights that the climb goes on with.
    Report const& standing() const { return ruling == Ruling::roll_back ? before : after; }
    /// All difficulties together.
    LabelCount total() const {
        LabelCount sum{.difficulty = difficulty};
        for (auto const& count : labels) sum.add(count);
        return sum;
    }
};

/// Its labels, a line a difficulty; its tests are reports, which print themselves.
[[gnu::cold, gnu::noinline]] inline std::ostream& operator<<(std::ostream& out, Round const& round) {
    const auto flags  = out.flags();
    const auto digits = out.precision();
    out << "round " << round.round << ": " << ruling_name(round.ruling) << (round.ends ? ", the end" : "")
        << (round.sign.empty() ? "" : "; ") << round.sign
        << "\ndifficulty  labelled      kept  precision    recall     trust\n"
        << std::fixed << std::setprecision(3);
    for (auto const& count : round.labels)
        out << std::setw(10) << count.difficulty.text() << std::setw(10) << count.labelled << std::setw(10)
            << count.kept << std::setw(11) << count.precision() << std::setw(10) << count.recall()
            << std::setw(10) << count.trust << '\n';
    out.flags(flags);
    out.precision(digits);
    return out;
}

}  // namespace rung
