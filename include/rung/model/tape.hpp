#pragma once
// What a forward pass is told, and what it leaves for the backward pass.

#include "rung/core/sequences.hpp"
#include "rung/model/layer/block.hpp"

namespace rung {

/// What an evaluation may vary without a new model.
struct Run {
    int passes = 0;  ///< times the layers run; 0: the depth's own number
    /// Last passes that are learnt from; 0, or more than there are: all. Activations of earlier ones are not kept, and
    /// what came before the loop learns through what is injected alone.
    int     learnt  = 0;
    Dropout dropout = {};  ///< off unless training asks for it
};

/// What a forward pass leaves for the backward pass; lives in the lane's arena, and the list of it in the lane's notes.
template <class Real>
struct Tape {
    Mat<Saved<Real>> blocks;             ///< (1, blocks), in the order in which they ran
    Mat<Real>        x, normed, logits;  ///< the last block's output, its norm, and (N, V)
    Mat<Real>        slopes;             ///< (N, V) of capped logits, or nothing
    Mat<Sum<Real>>   stats;
};

}  // namespace rung
