#pragma once
// What a loop may do between its passes, around any depth: NormBetween<PassEmbedding<Looped<12, 1, AddInput>>>.

#include "rung/model/depth/depth.hpp"

namespace rung {

/// The state is normalised after every pass: by the model's last norm where logits come next, by a norm of its own
/// where there are layers after the loop (Fan et al., "Looped transformers for length generalization", ICLR 2025).
template <class Depth>
struct NormBetween : Depth {
    static constexpr bool norm_between = true;
};

/// A learned row per pass is added to what it reads; passes beyond the depth's own number read the last row (Dehghani
/// et al., "Universal transformers", ICLR 2019).
template <class Depth>
struct PassEmbedding : Depth {
    static constexpr bool pass_embedding = true;
};

/// The loop's state before its first pass.
template <Start From, class Depth>
struct StartFrom : Depth {
    static constexpr Start start = From;
};

}  // namespace rung
