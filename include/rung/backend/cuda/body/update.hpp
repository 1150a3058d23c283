#pragma once
// From gradients to new weights: the squared norm, and AdamW. The norm stays on the device, so that no
// step waits for it.

#include "rung/backend/cuda/group.hpp"
#include "rung/backend/update.hpp"

namespace rung::cuda {

/// *square = the sum of all squares, in double precision: those of `run` values by each block, and then of these by the
/// last. Where it is not finite, *failed = 1.
struct SquaredNorm {
    static constexpr int warps = 8;

    float const* x;
    double *     partial, *square;
    float*       failed;
    int*         arrived;  ///< 0, before and after
    Index        count, run;

    RUNG_HD Index      items() const { return (count + run - 1) / run; }
    RUNG_HD static int shared() { return warps * int(sizeof(double)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index  first = item * run, last = first + run < count ? first + run : count;
        const double own = sum_of_shares(
            g, share_of_sum(g, first, last, [this](Index i) { return double(x[i]) * double(x[i]); }));
        if (g.rank() == 0) partial[item] = own;
        if (!g.last(arrived, int(items()))) return;
        const double all =
            sum_of_shares(g, share_of_sum(g, 0, items(), [this](Index i) { return partial[i]; }));
        if (g.rank() != 0) return;
        *square = all;
        if (!(all < INFINITY)) *failed = 1;  // also where it is NaN
    }
};

/// What a step of AdamW multiplies by.
struct AdamWRates {
    float rate, beta1, beta2, fresh1, fresh2, epsilon, keep, root;

    static AdamWRates of(AdamWStep const& step) {
        return {.rate    = float(step.rate / step.correction1),
                .beta1   = float(step.beta1),
                .beta2   = float(step.beta2),
                .fresh1  = float(1 - step.beta1),
                .fresh2  = float(1 - step.beta2),
                .epsilon = float(step.epsilon),
                .keep    = float(1 - step.rate * step.weight_decay),
                .root    = float(1 / std::sqrt(step.correction2))};
    }
};

/// One weight's step of AdamW in PyTorch's form, the gradient's norm brought within a bound. Where this step or an
/// earlier one failed, all stays as it was: steps that were started after it must not learn.
struct AdamW {
    static constexpr int warps = 0;

    float *           weights, *mean, *square;
    float const*      gradient;
    double const*     squared_norm;  ///< of the whole gradient
    float const*      failed;
    Index const*      ends;     ///< where runs of weights end that are treated alike, ascending
    bool const*       decayed;  ///< whether weight decay applies to them
    int               runs;
    float             bound;  ///< 0: whatever the norm is
    AdamWRates const* rates;

    RUNG_HD void operator()(Index i) const {
        if (*failed != 0) return;
        const float norm = float(::sqrt(*squared_norm)), clip = bound > 0 && norm > bound ? bound / norm : 1;
        int         low = 0, high = runs - 1;
        while (low < high) {
            const int mid = (low + high) / 2;
            if (i < ends[mid]) high = mid;
            else low = mid + 1;
        }
        const AdamWRates by = *rates;
        const float      g = gradient[i] * clip, m = mean[i] * by.beta1 + g * by.fresh1,
                    v = square[i] * by.beta2 + g * g * by.fresh2,
                    w = weights[i] * (decayed[low] ? by.keep : 1.f);
        mean[i] = m, square[i] = v;
        weights[i] = w - m * by.rate / (::sqrtf(v) * by.root + by.epsilon);
    }
};

/// average += share (weights - average), unless *failed
struct MoveTowards {
    static constexpr int warps = 0;

    float*       average;
    float const *weights, *failed, *share;
    RUNG_HD void operator()(Index i) const {
        if (*failed == 0) average[i] += *share * (weights[i] - average[i]);
    }
};

}  // namespace rung::cuda
