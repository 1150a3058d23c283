#pragma once
// A collapse is seen: labels that get worse, voters that fall apart, a climb that stands still. What is looked at needs
// no truth. A watchdog of your own is any function of the round and of those before it.

#include <functional>
#include <string>
#include <vector>

#include "rung/curriculum/round.hpp"

namespace rung {

struct Advice {
    Ruling      ruling = Ruling::go_on;
    std::string sign   = {};  ///< what was seen; empty: nothing
};

/// Asked after each round, of the round and of all before it.
using Watchdog = std::function<Advice(Round const&, std::vector<Round> const&)>;

/// Sees few kept labels, little trust in them, trust that falls, a frontier that stands still (of the tests: this alone
/// needs the truth), and rounds that were held in vain.
struct Collapse {
    double least_kept  = 0.1;  ///< share of a round's labels
    double least_trust = 0.8;  ///< see Round::trust
    double most_fall   = 0.1;  ///< of trust, below the best of the rounds before
    int    stalled  = 5;  ///< rounds in which the frontier of the tests did not move; 0: it is not looked at
    Ruling then     = Ruling::go_on;  ///< what to do about it
    int    patience = 3;              ///< rounds in a row that are held or rolled back before the climb stops

    Advice operator()(Round const& now, std::vector<Round> const& before) const {
        Advice     advice;
        const auto see = [&](bool seen, std::string const& what) {
            if (seen) advice.sign += (advice.sign.empty() ? "" : "; ") + what;
        };
        double best = 0;
        for (auto const& round : before) best = std::max(best, round.trust);
        const double kept = now.total().kept_share();
        see(kept < least_kept, "kept " + percent(kept) + " of the labels");
        see(kept > 0 && now.trust < least_trust, "trust in the kept labels is " + percent(now.trust));
        see(kept > 0 && now.trust < best - most_fall, "trust fell from " + percent(best));
        if (stalled > 0 && int(before.size()) >= stalled) {
            auto const& then_tested = before[before.size() - std::size_t(stalled)].after;
            see(!now.after.scores.empty() && !then_tested.scores.empty() &&
                    now.after.frontier() <= then_tested.frontier(),
                "the frontier stands at " + now.after.frontier().text() + " since " +
                    std::to_string(stalled) + " rounds");
        }
        if (advice.sign.empty()) return advice;
        advice.ruling = then;
        int held      = 0;
        for (std::size_t i = before.size(); i-- > 0 && waits(before[i].ruling);) ++held;
        if (waits(then) && held + 1 > patience) {
            advice.ruling = Ruling::stop;
            advice.sign += "; held " + std::to_string(held) + " rounds in vain";
        }
        return advice;
    }

private:
    static bool        waits(Ruling ruling) { return ruling == Ruling::hold || ruling == Ruling::roll_back; }
    static std::string percent(double share) { return std::to_string(int(share * 100 + 0.5)) + " %"; }
};

}  // namespace rung
