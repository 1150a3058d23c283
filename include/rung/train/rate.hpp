#pragma once
// Learning-rate schedules: small values that answer rate(step), step from 0.

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rung {

namespace detail {
/// From 1 to `end` along half a cosine as t goes from 0 to 1.
inline double cosine(double t, double end) {
    return end + (1 - end) * 0.5 * (1 + std::cos(std::numbers::pi * std::clamp(t, 0.0, 1.0)));
}
/// 1 / warmup, 2 / warmup, ..., 1.
inline double warm(int step, int warmup) { return step < warmup ? double(step + 1) / double(warmup) : 1.0; }
}  // namespace detail

/// Linear warm-up, then a cosine to `end` times the peak at the last step.
struct WarmupCosine {
    double peak   = 1e-3;
    int    warmup = 100;
    int    steps  = 1000;  ///< in all
    double end    = 0.1;

    double operator()(int step) const {
        return peak * detail::warm(step, warmup) *
               (step < warmup ? 1.0
                              : detail::cosine(double(step + 1 - warmup) / std::max(1, steps - warmup), end));
    }
};

/// Linear warm-up, a constant stretch, then a cosine to `end` times the peak over the last `decay` steps.
struct WarmupStableDecay {
    double peak   = 1e-3;
    int    warmup = 100;
    int    steps  = 1000;  ///< in all
    int    decay  = 200;
    double end    = 0.01;

    double operator()(int step) const {
        return peak * detail::warm(step, warmup) *
               detail::cosine(double(step + 1 - (steps - decay)) / std::max(1, decay), end);
    }
};

}  // namespace rung
