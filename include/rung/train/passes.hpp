#pragma once
// How often a loop runs for an example in training: rules that are asked for every example.

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "rung/core/check.hpp"
#include "rung/core/rng.hpp"
#include "rung/task/difficulty.hpp"

namespace rung {

/// What a rule may look at.
struct Occasion {
    Difficulty difficulty = 0;  ///< an int, where the task has one axis
    int        step       = 0;
    Rng        rng;  ///< of the step, not of the example: what is drawn at random is the same for all of them
};

/// Any callable of that kind: `[](rung::Occasion const& o) { return o.difficulty + 1; }` runs a loop as often as the
/// problem is long, and once more.
using PassRule = std::function<int(Occasion const&)>;

namespace detail {
[[gnu::noinline]] inline void check_range(std::string_view rule, int from, int to) {
    RUNG_CHECK(from >= 1 && from <= to, rule, ": from and to; got ", from, " and ", to,
               ", wanted 1 <= from <= to");
}
}  // namespace detail

/// As often as the problem's difficulty, times `each`, and `more`.
struct PassesByDifficulty {
    int each = 1, more = 0;
    int operator()(Occasion const& o) const { return each * o.difficulty + more; }
    int operator()(Difficulty difficulty) const { return each * difficulty + more; }
};

/// A number from `from` to `to`, drawn anew in every step.
struct UniformPasses {
    int from = 1, to = 8;
    int operator()(Occasion const& o) const {
        detail::check_range("UniformPasses", from, to);
        return Rng(o.rng).between(from, to);
    }
};

/// 1 + Poisson(rate) passes with a log-normal rate, drawn anew in every step: mean `mean` + 1, and a long tail (Geiping
/// et al., "Scaling up test-time compute with latent reasoning", 2025). Learn from the last few of them,
/// TrainerOptions::learnt.
struct PoissonPasses {
    double mean  = 32;
    double sigma = 0.5;   ///< of the rate's logarithm
    int    most  = 1024;  ///< whatever is drawn

    int operator()(Occasion const& o) const {
        check_number(mean >= 0 && std::isfinite(mean), "PoissonPasses: mean", mean,
                     "a finite number of at least 0");
        check_number(sigma >= 0 && std::isfinite(sigma), "PoissonPasses: sigma", sigma,
                     "a finite number of at least 0");
        check_number(most >= 1, "PoissonPasses: most", most, "at least 1");
        Rng          rng(o.rng);
        const double rate = std::exp(std::log(mean) - sigma * sigma / 2 + sigma * rng.normal());
        // Arrivals of mean distance 1 before `rate`.
        int count = 0;
        for (double at = -std::log1p(-double(rng.uniform())); at < rate && count + 1 < most; ++count)
            at -= std::log1p(-double(rng.uniform()));
        return count + 1;
    }
};

/// From `from` passes to `to`, one more after every `every` steps (Yang et al., "Looped transformers are better at
/// learning learning algorithms", ICLR 2024).
struct GrowingPasses {
    int from = 1, to = 8, every = 500;
    int operator()(Occasion const& o) const {
        detail::check_range("GrowingPasses", from, to);
        RUNG_CHECK(every >= 1, "GrowingPasses: every; got ", every, ", wanted at least 1");
        return std::min(to - from, o.step / every) + from;
    }
};

}  // namespace rung
