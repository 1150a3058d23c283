#pragma once
// GPT-2 (Radford et al., 2019): LayerNorm, GELU in its tanh form, biases, embeddings tied to the logits.

#include <cmath>

#include "rung/model/layer/mlp.hpp"
#include "rung/model/layer/norm.hpp"
#include "rung/model/style/style.hpp"

namespace rung {

enum class Bias { everywhere, nowhere };
enum class Embeddings { tied, separate };

template <Bias B = Bias::everywhere, Embeddings E = Embeddings::tied>
struct GptStyle {
    static constexpr bool biased = B == Bias::everywhere, tied = E == Embeddings::tied;
    template <int C>
    using Norm = LayerNorm<C, biased>;
    template <int C, int F>
    using Mlp = GeluMlp<C, F, biased>;
    /// N(0, 0.02), and writes into the residual stream smaller by sqrt(2 L).
    static InitScale init(int layers) { return {0.02, 1 / std::sqrt(2.0 * layers)}; }
};

using Gpt = GptStyle<>;

}  // namespace rung
