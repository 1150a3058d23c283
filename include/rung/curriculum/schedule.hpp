#pragma once
// What a round of self-improvement labels. A schedule is a function of how far the climb has come, so that a resumed
// one goes on; one of your own is any `std::vector<rung::Target>(rung::Turn const&)`.

#include <algorithm>
#include <functional>
#include <vector>

#include "rung/curriculum/policy.hpp"
#include "rung/task/difficulty.hpp"

namespace rung {

/// A difficulty to label, and its share of the round's prompts beside the others'.
struct Target {
    Difficulty difficulty;
    double     weight = 1;

    void archive(auto& all) { all(difficulty, weight); }
};

/// What models make of fresh problems of a difficulty. Accuracy is the only one that needs true labels.
struct Probe {
    double accuracy = 0, agreement = 0, confidence = 0;  ///< means over problems
};

/// How far a climb has come.
struct Turn {
    int        level = 0;  ///< rounds before this one that counted: those held or rolled back do not
    Difficulty hardest;    ///< that has true labels
    std::vector<std::vector<Target>> const& history;  ///< of those rounds
    std::function<Probe(Difficulty)>        probe;    ///< asks the models; costs their answers
    int                                     voters = 1;
};

template <class F>
struct explain_schedule {
    static constexpr bool ok = std::is_invocable_r_v<std::vector<Target>, F&, Turn const&>;
    static_assert(
        ok,
        "LabelSchedule: wanted `std::vector<rung::Target> operator()(rung::Turn const&) const`, the "
        "difficulties of the next round, like Next");
};

/// Says what to label next, by the turn alone: a copy of it is asked for all rounds before the climb begins, to see
/// that they can be made, and a climb that goes on knows nothing of a state in it.
using LabelSchedule = Policy<std::vector<Target>(Turn const&), explain_schedule>;

namespace detail {
inline Difficulty further(Difficulty from, Difficulty by, int times) {
    return {from.first + by.first * times, from.second + by.second * times};
}
}  // namespace detail

/// One difficulty further each round: Next{} one digit more, Next{.by = {0, 1}} one hop more; or several,
/// Next{.by = {1, 0}, .each = 3} the next three numbers of nodes.
struct Next {
    Difficulty by   = 1;
    int        each = 1;  ///< difficulties a round

    [[gnu::cold, gnu::noinline]] void check() const {
        RUNG_CHECK(by != Difficulty{} && Difficulty{}.within(by), "Next: by; got ", by.text(),
                   ", wanted a step further");
        check_number(each >= 1, "Next: each", each, "at least 1");
    }
    [[gnu::cold, gnu::noinline]] std::vector<Target> operator()(Turn const& turn) const {
        check();
        std::vector<Target> all;
        for (int i = 1; i <= each; ++i)
            all.push_back({detail::further(turn.hardest, by, turn.level * each + i)});
        return all;
    }
};

/// Round by round what a list says; beyond its end nothing, which ends the climb.
struct InOrder {
    std::vector<std::vector<Difficulty>> rounds;

    std::vector<Target> operator()(Turn const& turn) const {
        std::vector<Target> all;
        if (turn.level < int(rounds.size()))
            for (const Difficulty difficulty : rounds[std::size_t(turn.level)]) all.push_back({difficulty});
        return all;
    }
};

/// The order in which two numbers grow from `from` to `to` digits each: 1x6 and 6x1, 2x6 and 6x2, ... 6x6, then 1x7
/// and so on (Lee et al., ICML 2025: multiplication).
inline InOrder both_grow(int from, int to) {
    InOrder order;
    for (int most = from + 1; most <= to; ++most) {
        for (int least = 1; least < most; ++least) order.rounds.push_back({{least, most}, {most, least}});
        order.rounds.push_back({{most, most}});
    }
    return order;
}

/// Each round all difficulties past the last one, for as long as the models reach a bar there, and at least one
/// (Lee et al., ICML 2025: accelerated self-improvement). `by` names what must reach it: Probe::confidence, and
/// Probe::agreement of several models; Probe::accuracy, as in the paper, needs true labels.
struct AsFarAs {
    double bar          = 0.99;
    double Probe::*by   = &Probe::confidence;
    Difficulty     step = 1;
    int            most = 100;  ///< difficulties a round
    Difficulty     last = {};   ///< never past it; none: as far as the model's context reaches

    [[gnu::cold, gnu::noinline]] void check() const {
        check_number(bar >= 0 && bar <= 1, "AsFarAs: bar", bar, "0 to 1");
        RUNG_CHECK(by, "AsFarAs: by; got none, wanted a mean of a Probe");
        RUNG_CHECK(step != Difficulty{} && Difficulty{}.within(step), "AsFarAs: step; got ", step.text(),
                   ", wanted a step further");
        check_number(most >= 1, "AsFarAs: most", most, "at least 1");
    }
    std::vector<Target> operator()(Turn const& turn) const {
        check();
        RUNG_CHECK(by != &Probe::agreement || turn.voters > 1,
                   "AsFarAs: by; got the agreement of one model, which is always 1; wanted several "
                   "models, or Probe::confidence");
        Difficulty at = turn.hardest;
        if (!turn.history.empty() && !turn.history.back().empty()) at = turn.history.back().back().difficulty;
        std::vector<Target> all;
        for (int i = 0; i < most; ++i) {
            at = detail::further(at, step, 1);
            if (last != Difficulty{} && !at.within(last)) break;
            if (i > 0 && turn.probe(at).*by < bar) break;
            all.push_back({at});
        }
        return all;
    }
};

}  // namespace rung
