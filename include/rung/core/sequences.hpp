#pragma once
// B sequences of different lengths laid end to end as N rows. Nothing downstream ever computes on padding.

#include <cstdint>

#include "rung/core/view.hpp"

namespace rung {

/// Sequence b owns rows starts[b] .. starts[b + 1] - 1. A view: the arrays belong to the caller.
struct Sequences {
    int const* tokens = nullptr;  ///< (N) token ids
    /// (N) what positional schemes look up, at least 0: the place of each token in its own sequence, or an id that its
    /// task or its scheme gave it. Outside training, tokens of one id start a random loop alike.
    int const* positions = nullptr;
    int const* starts    = nullptr;  ///< (B + 1) first row of each sequence, then N; the host's also on a GPU
    int        count     = 0;        ///< B
    Index      first_row = 0;        ///< rows of the batch before these: names a row's random numbers
    int const* graded    = nullptr;  ///< rows whose logits are wanted, ascending; null: every row's
    Index      graded_count = 0;
    int const* targets      = nullptr;  ///< of the graded rows; -1 for one that is not graded after all
    /// (B) times the looped layers run, descending, on the host; null: as often for all, as the run says
    int const*  passes = nullptr;
    void const* plan   = nullptr;  ///< what the backend's placed() made of them for its own use

    Index rows() const { return count == 0 ? 0 : starts[count]; }
    /// The first `some` sequences alone, for what reads all rows.
    Sequences first(int some) const {
        Sequences fewer = *this;
        fewer.count     = some;
        return fewer;
    }
};

/// Elements zeroed with probability `rate` during training, the rest scaled by 1 / (1 - rate). The choice for
/// an element depends on (seed, step, site, row of the batch, column) alone, so the backward pass makes it
/// anew instead of storing it.
struct Dropout {
    float         rate = 0;
    std::uint64_t seed = 0;
    std::uint32_t step = 0;
};

}  // namespace rung
