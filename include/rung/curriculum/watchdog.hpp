#pragma once
// A collapse is seen: labels that get worse, voters that fall apart, a climb that stands still. What holds a round or
// rolls it back needs no truth. A watchdog of your own is any function of the round and of those before it.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "rung/curriculum/policy.hpp"
#include "rung/curriculum/round.hpp"

namespace rung {

struct Advice {
    Ruling      ruling = Ruling::go_on;
    std::string sign   = {};     ///< what was seen; empty: nothing
    bool        ends   = false;  ///< the climb, after what the ruling does to this round
};

template <class F>
struct explain_watchdog {
    static constexpr bool ok = std::is_invocable_r_v<Advice, F&, Round const&, std::vector<Round> const&>;
    static_assert(
        ok,
        "Watchdog: wanted `rung::Advice operator()(rung::Round const&, std::vector<rung::Round> const&) "
        "const`, what to do about a round after those before it, like Collapse");
};

/// Asked after each round, of the round and of all before it.
using Watchdog = Policy<Advice(Round const&, std::vector<Round> const&), explain_watchdog>;

/// Sees few kept labels, little trust in them, agreement and confidence that fall, a frontier that falls or stands
/// still, and rounds that were held in vain. The frontier is that of the tests, which know the truth: where nothing
/// else is seen, it may stop a climb but not choose what is learnt.
struct Collapse {
    double least_kept  = 0.1;  ///< share of a round's labels
    double least_trust = 0.8;  ///< see LabelCount::trust
    double most_fall   = 0.2;  ///< of agreement and of confidence, below the best of the rounds before
    int    stalled     = 5;    ///< rounds in which the frontier of tests did not move; 0: it is not looked at
    Ruling then        = Ruling::go_on;  ///< what to do about it
    int    patience    = 3;  ///< rounds in a row that are held or rolled back before the climb stops

    Needs                             needs() const { return {.snapshots = then == Ruling::roll_back}; }
    [[gnu::cold, gnu::noinline]] void check() const {
        check_number(least_kept >= 0 && least_kept <= 1, "Collapse: least_kept", least_kept, "0 to 1");
        check_number(least_trust >= 0 && least_trust <= 1, "Collapse: least_trust", least_trust, "0 to 1");
        check_number(most_fall >= 0, "Collapse: most_fall", most_fall, "at least 0");
        check_number(stalled >= 0, "Collapse: stalled", stalled, "at least 0");
        check_number(patience >= 0, "Collapse: patience", patience, "at least 0");
    }
    [[gnu::cold, gnu::noinline]] Advice operator()(Round const& now, std::vector<Round> const& before) const {
        check();
        Advice     advice;
        const auto see = [&](bool seen, std::string const& what) {
            if (seen) advice.sign += (advice.sign.empty() ? "" : "; ") + what;
        };
        const LabelCount labels = now.total();
        see(labels.kept_share() < least_kept, "kept " + percent(labels.kept_share()) + " of the labels");
        see(labels.kept > 0 && labels.trust < least_trust,
            "trust in the kept labels is " + percent(labels.trust));
        see_fall(see, "agreement", labels.agreement, before, &LabelCount::agreement);
        see_fall(see, "confidence", labels.confidence, before, &LabelCount::confidence);
        const bool unaided = !advice.sign.empty();
        if (const double best = best_reach(now, before); stalled > 0 && !now.after.scores.empty())
            see(now.after.reach(forgotten) < best,
                "the frontier fell from " + std::to_string(int(best)) + " to " +
                    std::to_string(int(now.after.reach(forgotten))) + " at 90 %");
        if (Report const* then_tested = stalled > 0 ? tested_before(before) : nullptr) {
            const double reach = now.after.reach();
            see(!now.after.scores.empty() && reach <= then_tested->reach() && reach < now.after.reach(0),
                "the frontier stands since " + std::to_string(stalled) + " rounds");
        }
        if (advice.sign.empty()) return advice;
        if (!unaided && waits(then)) return advice;
        advice.ruling = then;
        int held      = 0;
        for (std::size_t i = before.size(); i-- > 0 && waits(before[i].ruling);) ++held;
        if (waits(then) && held + 1 > patience) {
            advice.ends = true;
            advice.sign += "; held " + std::to_string(held) + " rounds in vain";
        }
        return advice;
    }

private:
    /// What was known, at 99 %, and is not even this any more, is forgotten: less could be a matter of the problems.
    static constexpr double forgotten = 0.9;

    static double best_reach(Round const& now, std::vector<Round> const& before) {
        double best = (before.empty() ? now : before.front()).before.reach();
        for (auto const& round : before) best = std::max(best, round.standing().reach());
        return best;
    }
    template <class See>
    [[gnu::cold, gnu::noinline]] void see_fall(See const& see, std::string const& what, double now,
                                               std::vector<Round> const& before,
                                               double LabelCount::*share) const {
        double best = 0;
        for (auto const& round : before) best = std::max(best, round.total().*share);
        see(now < best - most_fall, what + " fell from " + percent(best) + " to " + percent(now));
    }
    /// The newest test that is as many rounds old as a frontier may stand, not counting rounds that were held.
    Report const* tested_before(std::vector<Round> const& before) const {
        int counted = 0;
        for (std::size_t i = before.size(); i-- > 0;) {
            counted += !waits(before[i].ruling);
            if (counted >= stalled && !before[i].after.scores.empty()) return &before[i].after;
        }
        return nullptr;
    }
    static std::string percent(double share) { return std::to_string(int(share * 100 + 0.5)) + " %"; }
};

/// Holds rounds of which less than this share was kept, and looks at nothing else; the climb ends after `patience` such
/// rounds in a row.
inline Collapse hold_until_kept(double share, int patience = 12) {
    return {.least_kept  = share,
            .least_trust = 0,
            .most_fall   = 1,
            .stalled     = 0,
            .then        = Ruling::hold,
            .patience    = patience};
}

}  // namespace rung
