#pragma once
// The plain numbers an optimizer step passes to a backend.

#include "rung/core/view.hpp"

namespace rung {

/// A run of neighbouring weights that are treated alike.
struct Chunk {
    Index first   = 0;
    Index count   = 0;
    bool  decayed = false;  ///< weight decay applies: matrices, not norms and biases
};

struct AdamWStep {
    double rate, beta1, beta2, epsilon, weight_decay;
    double correction1, correction2;  ///< 1 - beta^t
    double clip = 1;                  ///< factor that brings the gradient's norm within its bound
};

}  // namespace rung
