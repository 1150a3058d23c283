#pragma once
// From rows of logits: the loss and its gradient, or a token.

#include "rung/backend/cuda/group.hpp"

namespace rung::cuda {

namespace body {

/// The largest of a row's values, read by a group.
RUNG_ANY_GROUP template <class G, class T>
RUNG_HD float largest(G g, T const* row, int count) {
    float top = -INFINITY;
    for (int j = g.rank(); j < count; j += G::size) top = Larger{}(top, widen(row[j]));
    return g.reduce(top, Larger{});
}
/// The sum of exp(value - top).
RUNG_ANY_GROUP template <class G, class T>
RUNG_HD float total(G g, T const* row, int count, float top) {
    float sum = 0;
    for (int j = g.rank(); j < count; j += G::size) sum += ::exp2f((widen(row[j]) - top) * log2_e);
    return g.reduce(sum, Plus{});
}

}  // namespace body

/// loss[row] = -log softmax(logits)[target]; logits become scale times the gradient of the objective (LossOptions). A
/// target of -1 is not graded.
template <class T>
struct CrossEntropy {
    static constexpr int warps = 1;

    T*           logits;  ///< (N, V)
    int const*   targets;
    float*       loss;
    int          vocab;
    float const* factor;  ///< scale
    float        smoothing, z_loss;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        T* const    at     = logits + row * vocab;
        const int   target = targets[row];
        const float scale  = *factor;
        const float top = body::largest(g, at, vocab), sum = body::total(g, at, vocab, top);
        const float chosen = target < 0 ? 0 : widen(at[target]), log_sum = ::logf(sum);
        const float share   = target < 0 ? 0 : scale / sum * (1 + 2 * z_loss * (log_sum + top));
        const float alike   = target < 0 ? 0 : scale * (smoothing / float(vocab));
        const float certain = scale * (1 - smoothing);
        if (g.rank() == 0) loss[row] = target < 0 ? 0 : log_sum + (top - chosen);
        g.sync();  // all have read the target's logit
        for (int j = g.rank(); j < vocab; j += G::size) {
            const float p = ::exp2f((widen(at[j]) - top) * log2_e) * share - alike;
            at[j]         = narrow<T>(j == target ? p - certain : p);
        }
    }
};

/// *sum += the losses, in a fixed order; one item.
struct AddLosses {
    static constexpr int warps = 8;

    float const* losses;
    double*      sum;
    Index        count;

    RUNG_HD static int shared() { return warps * int(sizeof(double)); }

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index) const {
        const double share = share_of_sum(g, 0, count, [this](Index i) { return double(losses[i]); });
        const double all   = sum_of_shares(g, share);
        if (g.rank() == 0) *sum += all;
    }
};

/// tokens[row] = the largest logit among columns `first` and up, the lowest of equals; its probability among them.
template <class T>
struct Greedy {
    static constexpr int warps = 1;

    T const* logits;  ///< (N, V)
    int*     tokens;
    float*   probabilities;
    int      vocab, first;

    RUNG_ANY_GROUP template <class G>
    RUNG_HD void operator()(G g, Index row) const {
        T const* const at    = logits + row * vocab + first;
        const int      count = vocab - first;
        const float    top   = body::largest(g, at, count);
        int best = 1;  // counted from the end, so that the larger one is the earlier; the last if all is NaN
        for (int j = g.rank(); j < count; j += G::size)
            if (widen(at[j]) == top) best = Larger{}(best, count - j);
        best            = g.reduce(best, Larger{});
        const float sum = body::total(g, at, count, top);
        if (g.rank() == 0) tokens[row] = first + count - best, probabilities[row] = 1 / sum;
    }
};

/// The end of a decoding step: each row's token is its next input, one place further on but not past the last.
struct GoOn {
    static constexpr int warps = 0;

    int const*   chosen;
    int *        tokens, *positions, *places;
    int          last;
    RUNG_HD void operator()(Index row) const {
        tokens[row]    = chosen[row];
        positions[row] = positions[row] < last ? positions[row] + 1 : last;
        places[row]    = places[row] < last ? places[row] + 1 : last;
    }
};

}  // namespace rung::cuda
