#pragma once
// Llama (Touvron et al., 2023): RMSNorm, SwiGLU, no biases, separate embeddings.

#include "rung/model/layer/mlp.hpp"
#include "rung/model/layer/norm.hpp"
#include "rung/model/style/style.hpp"

namespace rung {

struct Llama {
    static constexpr bool biased = false, tied = false;
    template <int C>
    using Norm = RmsNorm<C>;
    template <int C, int F>
    using Mlp = SwiGlu<C, F>;
    /// N(0, 0.02) everywhere, as the reference implementation's initializer_range.
    static InitScale init(int) { return {0.02, 1.0}; }
};

}  // namespace rung
