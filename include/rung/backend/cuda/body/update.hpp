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

/// A step of AdamW in PyTorch's form, the gradient's norm brought within a bound; an item is four weights. Where this
/// step or an earlier one failed, all stays as it was: steps that were started after it must not learn.
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
    Index             count;

    RUNG_HD Index items() const { return (count + Four::size - 1) / Four::size; }

    RUNG_HD void operator()(Index item) const {
        if (*failed != 0) return;
        const Index first = item * Four::size;
        const int   here  = first + Four::size <= count ? Four::size : int(count - first);
        // All reads are under way together: what can be done at once is asked once.
        const auto at_once = [&](float const* of) { return Four::at_once(of + first, here); };
        if (at_once(weights) && at_once(mean) && at_once(square) && at_once(gradient))
            update<Four::size>(first, here);
        else update<1>(first, here);
    }

private:
    template <int n>
    RUNG_HD void update(Index first, int here) const {
        Four w, m, v, g;
        w.load<n>(weights + first, 0, here), g.load<n>(gradient + first, 0, here);
        m.load<n>(mean + first, 0, here), v.load<n>(square + first, 0, here);
        const AdamWRates by = *rates;
        const float norm = float(::sqrt(*squared_norm)), clip = bound > 0 && norm > bound ? bound / norm : 1;
        int         low = 0, high = runs - 1;
        while (low < high) {
            const int mid = (low + high) / 2;
            if (first < ends[mid]) high = mid;
            else low = mid + 1;
        }
        RUNG_UNROLL for (int j = 0; j < Four::size; ++j) {
            while (low < runs - 1 && first + j >= ends[low]) ++low;
            const float slope = g.v[j] * clip;
            m.v[j]            = m.v[j] * by.beta1 + slope * by.fresh1;
            v.v[j]            = v.v[j] * by.beta2 + slope * slope * by.fresh2;
            w.v[j]            = w.v[j] * (decayed[low] ? by.keep : 1.f) -
                     m.v[j] * by.rate / (::sqrtf(v.v[j]) * by.root + by.epsilon);
        }
        m.store<n>(mean + first, 0, here), v.store<n>(square + first, 0, here);
        w.store<n>(weights + first, 0, here);
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
