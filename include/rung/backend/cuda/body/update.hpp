#pragma once
// From gradients to new weights: the squared norm in two stages, and AdamW.

#include "rung/backend/cuda/group.hpp"
#include "rung/backend/update.hpp"

namespace rung::cuda {

/// partial[item] = sum of squares of values item * run .., in double precision.
struct SquaredNorm {
    float const* x;
    double*      partial;
    Index        count, run;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index item) const {
        const Index first = item * run, last = first + run < count ? first + run : count;
        double      sum = 0;
        for (Index i = first + g.rank(); i < last; i += G::size) sum += double(x[i]) * double(x[i]);
        sum = g.reduce(sum, Plus{});
        if (g.rank() == 0) partial[item] = sum;
    }
};

/// One weight's step of AdamW in PyTorch's form, and its copy in the type that products read.
/// @tparam T  of the copy
template <class T>
struct AdamW {
    float *      weights, *mean, *square;
    float const* gradient;
    T*           copy;     ///< null: there is none
    Index const* ends;     ///< where runs of weights end that are treated alike, ascending
    bool const*  decayed;  ///< whether weight decay applies to them
    int          runs;
    float        rate, beta1, beta2, epsilon, keep, root, clip;

    AdamW(AdamWStep const& step)
        : rate(float(step.rate / step.correction1)),
          beta1(float(step.beta1)),
          beta2(float(step.beta2)),
          epsilon(float(step.epsilon)),
          keep(float(1 - step.rate * step.weight_decay)),
          root(float(1 / std::sqrt(step.correction2))),
          clip(float(step.clip)) {}

    RUNG_HD void operator()(Index i) const {
        int low = 0, high = runs - 1;
        while (low < high) {
            const int mid = (low + high) / 2;
            if (i < ends[mid]) high = mid;
            else low = mid + 1;
        }
        const float g = gradient[i] * clip, m = mean[i] * beta1 + g * (1 - beta1),
                    v = square[i] * beta2 + g * g * (1 - beta2);
        mean[i] = m, square[i] = v;
        const float w = weights[i] * (decayed[low] ? keep : 1.f) - m * rate / (::sqrtf(v) * root + epsilon);
        weights[i]    = w;
        if (copy) copy[i] = narrow<T>(w);
    }
};

}  // namespace rung::cuda
