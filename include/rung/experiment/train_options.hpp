#pragma once
// What training is told, with the default that most runs have, and what of it makes no sense.

#include <cmath>
#include <functional>

#include "rung/curriculum/policy.hpp"
#include "rung/eval/evaluate.hpp"
#include "rung/experiment/watch.hpp"
#include "rung/train/passes.hpp"
#include "rung/train/rate.hpp"

namespace rung {

template <class F>
struct explain_rate {
    static constexpr bool ok = std::is_invocable_r_v<double, F&, int>;
    static_assert(
        ok,
        "TrainOptions::rate: wanted `double operator()(int step) const`, such as a WarmupCosine or a "
        "lambda (a number is `.peak`)");
};

struct TrainOptions {
    int       steps      = 1000;
    int       batch      = 128;  ///< sequences per gradient
    int       accumulate = 1;    ///< gradients per update
    double    peak  = 1e-3;  ///< learning rate; warm-up over a tenth of the steps, decay over the last fifth
    Grade     grade = Grade::answer;
    Answering answering = Answering::by_token;
    PassRule  passes    = {};  ///< of a loop, for every example; else the trainer's
    /// Share of the loss that is of fewer passes, n + k of them drawn at random, of which the last k are learnt from,
    /// to teach a loop that more passes only help (Bansal et al., "End-to-end algorithm synthesis with recurrent
    /// networks", NeurIPS 2022: progressive loss).
    double                                 progressive = 0;
    Policy<double(int step), explain_rate> rate        = {};  ///< a schedule of your own, instead of `peak`
    int test_every = 0;   ///< steps between tests that the curriculum observes; 0: none
    int test_each  = 64;  ///< problems per difficulty in such a test
    /// Ends with the weights of the test that went best, by the sum of its exact matches; of equals, the first.
    bool  keep_best = false;
    Watch watch     = {};
};

namespace detail {

/// Of the models and the source of a run.
struct Conditions {
    int  graded, longest, context;
    bool testable, needs_tests;
};
[[gnu::cold, gnu::noinline]] inline void check_training(TrainOptions const& options,
                                                        Conditions const&   given) {
    check_number(options.steps > 0, "train: steps", options.steps, "at least 1");
    check_number(options.batch > 0, "train: batch", options.batch, "at least 1");
    check_number(options.accumulate > 0, "train: accumulate", options.accumulate, "at least 1");
    check_number(options.rate || (options.peak >= 0 && std::isfinite(float(options.peak))), "train: peak",
                 options.peak, "a finite number of at least 0");
    RUNG_CHECK(options.batch <= most_sequences / options.accumulate, "train: batch and accumulate; got ",
               options.batch, " and ", options.accumulate, ", wanted at most ", most_sequences,
               " sequences an update");
    check_number(options.progressive >= 0 && options.progressive <= 1, "train: progressive",
                 options.progressive, "0 to 1");
    RUNG_CHECK(options.progressive == 0 || given.graded == 1,
               "train: progressive and TrainerOptions::graded; got ", options.progressive, " and ",
               given.graded,
               ", wanted progressive 0 or graded 1, because a progressive loss may learn from a single pass");
    check_number(options.test_every >= 0, "train: test_every", options.test_every, "at least 0");
    check_number(options.test_each > 0, "train: test_each", options.test_each, "at least 1");
    RUNG_CHECK(given.longest <= given.context, "train: longest sequence; got ", given.longest,
               " tokens, wanted at most ", given.context, " (raise Shape::context)");
    RUNG_CHECK(!options.keep_best || (options.test_every > 0 && options.test_every <= options.steps),
               "train: keep_best; got test_every ", options.test_every, " of ", options.steps,
               " steps, wanted a test to tell which weights are best");
    RUNG_CHECK(given.testable || options.test_every == 0, "train: test_every; got ", options.test_every,
               ", wanted 0, because this source has no tests");
    RUNG_CHECK(!given.needs_tests || options.test_every > 0,
               "train: test_every; got 0, wanted at least 1, because this curriculum "
               "moves on by the scores of tests");
}

/// For an example of a step, as the options rule.
[[gnu::noinline]] inline int passes_of(TrainOptions const& options, Difficulty difficulty, int step,
                                       std::uint64_t seed) {
    const int passes = options.passes({difficulty, step, Rng(seed, Purpose::passes, std::uint32_t(step))});
    RUNG_CHECK(passes >= 1, "train: passes at difficulty ", difficulty.text(), "; got ", passes,
               ", wanted at least 1");
    return passes;
}

[[gnu::noinline]] inline double rate_of(TrainOptions const& options, int step) try {
    if (options.rate) return options.rate(step);
    return WarmupStableDecay{options.peak, options.steps / 10, options.steps, options.steps / 5}(step);
} catch (...) {
    rethrow_from(join({"train: rate of step ", step, ": "}));
}

/// The test that a curriculum observes, by the passes of training.
inline EvaluateOptions test_of(TrainOptions const& options) {
    EvaluateOptions test{.each = options.test_each, .answering = options.answering, .stream = 1};
    if (options.passes)
        test.passes = [&options](Difficulty difficulty) {
            return options.passes({difficulty, options.steps, Rng(0, Purpose::passes)});
        };
    return test;
}

}  // namespace detail

}  // namespace rung
