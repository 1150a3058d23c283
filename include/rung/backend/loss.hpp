#pragma once
// What training may add to the cross-entropy.

namespace rung {

/// The objective of a graded row with probabilities p = softmax(logits), Z their denominator, of V tokens:
///     -(1 - label_smoothing) log p[target] - label_smoothing mean(log p) + z_loss log^2 Z
struct LossOptions {
    double label_smoothing = 0;  ///< share of the target that all tokens get alike (Szegedy et al., 2016)
    double z_loss          = 0;  ///< keeps logits from drifting (Chowdhery et al., "PaLM", 2022: 1e-4)
};

}  // namespace rung
