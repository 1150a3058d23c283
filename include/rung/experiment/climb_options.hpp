#pragma once
// All that varies from one climb to another, each choice with the default that the paper has.

#include <cmath>
#include <functional>
#include <string>

#include "rung/curriculum/filter.hpp"
#include "rung/curriculum/label_noise.hpp"
#include "rung/curriculum/labeller.hpp"
#include "rung/curriculum/replay.hpp"
#include "rung/curriculum/schedule.hpp"
#include "rung/curriculum/watchdog.hpp"
#include "rung/experiment/train.hpp"

namespace rung {

/// What labels a climb may use that no honest one has: for comparison.
enum class Control {
    none,
    keep_right,   ///< wrong labels that pass the filter are left out
    true_labels,  ///< all problems get their true labels, and all are kept
};

template <class F>
struct explain_round_rate {
    static constexpr bool ok = std::is_invocable_r_v<double, F&, int, int>;
    static_assert(
        ok,
        "ClimbOptions::rate: wanted `double operator()(int round, int step) const`, steps from 0 on "
        "in each round, such as a lambda that asks a WarmupStableDecay of the step");
};

/// The labels that a model kept of a round.
struct LabelledSet {
    int                    round = 0, width = 1;  ///< width: difficulties
    std::vector<Candidate> labels;

    void archive(auto& all) { all(round, width, labels); }
};

struct ClimbOptions {
    int    rounds  = 10;    ///< a climb that goes on may have more than it began with
    int    prompts = 2000;  ///< labelled per round, for each model
    int    steps   = 200;   ///< updates per round
    int    batch   = 128;
    double peak    = 1e-3;  ///< learning rate at the start of a round
    int    warmup  = 0;     ///< steps until it is reached
    int decay = 0;  ///< steps of the cosine that ends a round; 0: half of them, at most what warm-up leaves
    /// A schedule of your own, instead of these three.
    Policy<double(int round, int step), explain_round_rate> rate = {};
    bool reset_optimizer                                         = false;  ///< a round starts without moments
    /// The weights of a round's start are kept for Ruling::roll_back, beside those of now.
    bool  snapshots = true;
    Grade grade     = Grade::answer;
    Run   run       = {};  ///< .passes of a loop that labels, and that is tested unless `test` says others
    int   first_round =
        1;  ///< numbers name problems: a second climb of the same models goes on from another one

    LabelSchedule schedule = Next{};
    Labeller      labeller = greedy_label();
    Replay        replay   = HalfNewest{};
    Watchdog      watchdog = Collapse{};
    Corrupt       corrupt  = {};  ///< makes labels wrong on purpose, see LabelNoise
    Control       control  = Control::none;

    /// Asks other problems than an evaluation with the same options: .stream is two more. Of several models each is
    /// asked its own, by its seed. Its difficulties are not the schedule's, to 10 unless it says more; its `each` is
    /// also how many problems a schedule asks.
    EvaluateOptions test       = {};
    int             test_every = 1;  ///< rounds; round number `rounds` always has a test. 0: none has
    Watch           watch      = {};
    std::function<void(Round const&)> watch_round = {};
    /// Told what each model, from 0, keeps of a round, before it is trained on: prompts, labels, and what filters went
    /// by. Rounds that will be held or rolled back are among them.
    std::function<void(int voter, LabelledSet const&)> watch_labels = {};
};

namespace detail {

inline double rate_of(ClimbOptions const& options, int round, int step) {
    if (options.rate) try {
            return options.rate(round, step);
        } catch (...) {
            rethrow_from(join({"rate of step ", step, ": "}));
        }
    return WarmupStableDecay{options.peak, options.warmup, options.steps, options.decay}(step);
}

/// What a climb that goes on must find as it was.
[[gnu::cold, gnu::noinline]] inline std::string text_of(ClimbOptions const& options) {
    EvaluateOptions const& t = options.test;
    return concat("rounds from ", options.first_round, " on, of ", options.prompts, " prompts and ",
                  options.steps, " steps of ", options.batch, ", rate ", type_of(options.rate), " ",
                  exact_text(options.peak), ", ", options.warmup, ", ", options.decay,
                  options.reset_optimizer ? ", moments reset" : "", options.snapshots ? "" : ", no snapshots",
                  ", passes ", options.run.passes, ", grade ", int(options.grade), ", control ",
                  int(options.control), ", tests of ", t.each, " from ", t.from.text(), " to ", t.to.text(),
                  " by ", t.by.text(), " every ", options.test_every, " of stream ", t.stream, ", answering ",
                  int(t.answering), ", opening ", int(t.opening), ", passes ", t.run.passes, " ",
                  type_of(t.passes), ", labels: ", text_of(options.labeller), ", by ",
                  type_of(options.schedule), ", ", type_of(options.replay), ", ", type_of(options.watchdog),
                  ", ", type_of(options.corrupt), ", kept by ");
}

inline constexpr int most_rounds = 100'000, most_targets = 4'096, most_samples = 1'024,
                     most_prompts = 100'000'000, most_drawn = 2'000'000'000;

/// What stands before what was thrown in a round.
inline std::string in_round(int round) { return concat("self_improve: round ", round, ": "); }

/// Whether a round ends with a test.
inline bool is_tested(ClimbOptions const& options, int round) {
    return options.test_every > 0 &&
           (round % options.test_every == 0 || round == options.first_round + options.rounds - 1);
}

/// Rounds are no part of what a climb must find as it was: throws where so many would not have led to these.
/// @param over   those that are
/// @param now    the one that may be under way
/// @param begun  how many were
[[gnu::cold, gnu::noinline]] inline void check_rounds(ClimbOptions const&       options,
                                                      std::vector<Round> const& over, Round const& now,
                                                      int begun) {
    RUNG_CHECK(begun <= options.rounds, "self_improve: rounds; got ", options.rounds, ", wanted at least ",
               begun, ", which were begun when the state was kept");
    const auto check = [&](Round const& round, bool was) {
        RUNG_CHECK(was == is_tested(options, round.round), "self_improve: rounds; got ", options.rounds,
                   ", wanted as many as before: round ", round.round, was ? " was tested" : " was not tested",
                   ", and of so many, tested every ", options.test_every, ", it is", was ? " not" : "");
    };
    for (auto const& round : over) check(round, !round.after.scores.empty());
    if (!now.after.scores.empty()) check(now, true);
}

/// Throws where they make no sense, for so many models and with this filter; says what they leave open.
[[gnu::cold, gnu::noinline]] inline void check_options(ClimbOptions& options, LabelFilter const& filter,
                                                       int voters) {
    RUNG_CHECK(filter, "self_improve: filter; got none, wanted NoFilter{} or another");
    RUNG_CHECK(voters > 1 || !filter.needs().voters, "self_improve: filter; got ", type_of(filter),
               " of one model, which agrees with itself; wanted Voters, at least 2, or another filter");
    RUNG_CHECK(options.snapshots || !options.watchdog.needs().snapshots,
               "self_improve: snapshots; got none for ", type_of(options.watchdog),
               ", which may roll back; wanted ClimbOptions::snapshots");
    const auto ranges = [](char const* what, int got, int least, int most) {
        RUNG_CHECK(got >= least && got <= most, "self_improve: ", what, "; got ", got, ", wanted ", least,
                   " to ", most);
    };
    ranges("rounds", options.rounds, 1, most_rounds - 1);
    ranges("prompts", options.prompts, 1, most_prompts);
    ranges("steps", options.steps, 1, most_drawn);
    ranges("batch", options.batch, 1, most_sequences);
    RUNG_CHECK(options.steps <= most_drawn / options.batch, "self_improve: batch and steps; got ",
               options.batch, " and ", options.steps, ", wanted at most ", most_drawn, " sequences a round");
    check_number(options.rate || (options.peak >= 0 && std::isfinite(float(options.peak))),
                 "self_improve: peak", options.peak, "a finite number of at least 0");
    if (options.decay == 0 && !options.rate)
        options.decay = std::clamp(options.steps - options.warmup, 0, options.steps / 2);
    ranges("warmup", options.warmup, 0, options.steps);
    ranges("decay", options.decay, 0, options.steps - options.warmup);
    check_number(options.test_every >= 0, "self_improve: test_every", options.test_every, "at least 0");
    RUNG_CHECK(options.schedule && options.replay, "self_improve: schedule and replay; got ",
               options.schedule ? "one without the other" : "no schedule",
               ", wanted a function each, such as Next{} and HalfNewest{}");
    check_number(options.labeller.temperature >= 0, "self_improve: labeller.temperature",
                 options.labeller.temperature, "at least 0");
    check_number(options.labeller.top_k >= 0, "self_improve: labeller.top_k", options.labeller.top_k,
                 "at least 0");
    RUNG_CHECK(options.labeller.top_k == 0 || options.labeller.temperature > 0,
               "self_improve: labeller.top_k; got ", options.labeller.top_k,
               " at temperature 0, which takes the likeliest token; wanted a temperature, or none");
    ranges("labeller.samples", options.labeller.samples, 1, most_samples);
    RUNG_CHECK(options.labeller.samples == 1 || options.labeller.temperature > 0 || options.labeller.ask,
               "self_improve: labeller; got ", options.labeller.samples,
               " samples at temperature 0, which are all alike; wanted a temperature, or `ask`");
    RUNG_CHECK(options.first_round >= 1 && options.first_round + options.rounds <= most_rounds,
               "self_improve: first_round; got ", options.first_round, ", wanted 1 to ",
               most_rounds - options.rounds);
}

}  // namespace detail

}  // namespace rung
