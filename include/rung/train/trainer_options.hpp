#pragma once
// What a trainer is told, and what it tells of a step.

#include <cmath>

#include "rung/core/check.hpp"
#include "rung/core/view.hpp"

namespace rung {

struct TrainerOptions {
    double beta1        = 0.9;
    double beta2        = 0.98;
    double epsilon      = 1e-8;  ///< outside the root, as in PyTorch
    double weight_decay = 0.01;  ///< on matrices only
    double clip         = 1.0;   ///< bound on the gradient's norm; 0 turns it off
    float  dropout      = 0;
    /// The objective's other terms, see LossOptions. The loss that is reported leaves them out, so that runs compare.
    double label_smoothing = 0;
    double z_loss          = 0;
    double ema = 0;  ///< decay of the mean of weights that averaged() gives (0.999 is usual); 0 turns it off
    int    passes = 0;  ///< of a looped model; 0: the depth's own number
    int    learnt = 0;  ///< last passes of each sequence that are learnt from; 0, or more than there are: all
    int    states = 0;  ///< between passes that are kept to compute all else again; 0: all is kept
    int    graded = 1;  ///< last passes whose logits are graded: the loss is their mean
    Index  piece  = 0;  ///< rows a thread computes at a time, part of the experiment; 0: what suits the model
};

namespace detail {

/// Throws at the first number that makes no sense for any model.
[[gnu::cold, gnu::noinline]] inline void check_options(TrainerOptions const& options) {
    const auto share = [](char const* what, double x) {
        check_number(x >= 0 && x < 1, what, x, "at least 0 and below 1");
    };
    share("Trainer: beta1", options.beta1), share("Trainer: beta2", options.beta2);
    share("Trainer: dropout", options.dropout), share("Trainer: label_smoothing", options.label_smoothing);
    share("Trainer: ema", options.ema);
    check_number(options.z_loss >= 0 && std::isfinite(float(options.z_loss)), "Trainer: z_loss",
                 options.z_loss, "a finite number of at least 0, in single precision");
    check_number(options.weight_decay >= 0 && std::isfinite(options.weight_decay), "Trainer: weight_decay",
                 options.weight_decay, "a finite number of at least 0");
    check_number(float(options.epsilon) > 0, "Trainer: epsilon", options.epsilon,
                 "a number above 0, in single precision");
    check_number(options.clip >= 0, "Trainer: clip", options.clip, "at least 0");
    check_number(options.piece >= 0, "Trainer: piece", options.piece, "at least 0");
}

}  // namespace detail

struct StepResult {
    double loss     = 0;  ///< mean cross-entropy of graded tokens
    double gradient = 0;  ///< norm before clipping
    Index  rows     = 0;  ///< tokens read
    double rate     = 0;  ///< of learning
};

}  // namespace rung
