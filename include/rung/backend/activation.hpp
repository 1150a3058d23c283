#pragma once
// Functions of one number that stand between the two maps of an MLP.

namespace rung {

enum class Activation {
    gelu,  ///< x / 2 (1 + tanh u), u = sqrt(2 / pi) (x + 0.044715 x^3): GPT-2's form (Hendrycks and Gimpel, 2016)
    silu,          ///< x sigmoid(x), also called swish
    relu,          ///< max(x, 0)
    relu_squared,  ///< max(x, 0)^2 (So et al., "Primer", 2021)
};

/// What an activation leaves in its input: what its backward pass reads, which is the slopes on a CPU and the input
/// itself on a GPU, or whatever is quickest.
enum class Keep { slopes, nothing };

}  // namespace rung
