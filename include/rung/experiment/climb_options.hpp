#pragma once
// All that varies from one climb to another, each choice with the default that the paper has.

#include <functional>

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
    true_labels,  ///< all problems have their true labels, and all are kept
};

struct ClimbOptions {
    int    rounds  = 10;
    int    prompts = 2000;  ///< labelled per round, for each model
    int    steps   = 200;   ///< updates per round
    int    batch   = 128;
    double peak    = 1e-3;  ///< learning rate at the start of a round
    int    warmup  = 0;     ///< steps until it is reached
    int    decay   = 0;     ///< steps of the cosine that ends a round; 0: half of them
    std::function<double(int round, int step)> rate = {};  ///< a schedule of your own, instead of these three
    bool                                       reset_optimizer = false;  ///< a round starts without moments
    bool  snapshots = false;  ///< the weights of a round's start are kept, for Ruling::roll_back
    Grade grade     = Grade::answer;
    Run   run       = {};  ///< .passes of a loop that labels

    LabelSchedule schedule = Next{};
    Labeller      labeller = {};
    Replay        replay   = HalfNewest{};
    Watchdog      watchdog = Collapse{};
    Corrupt       corrupt  = {};  ///< makes labels wrong on purpose, see LabelNoise
    Control       control  = Control::none;

    EvaluateOptions                   test        = {};
    int                               test_every  = 1;  ///< rounds; the last one is always tested. 0: none is
    Watch                             watch       = {};
    std::function<void(Round const&)> watch_round = {};
};

}  // namespace rung
