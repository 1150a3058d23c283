#pragma once
// What a forward pass is told, and what it leaves for the backward pass.

#include <algorithm>

#include "rung/core/check.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/depth/injection.hpp"
#include "rung/model/layer/block.hpp"
#include "rung/model/position/position.hpp"

namespace rung {

/// What an evaluation or a step may vary without a new model.
struct Run {
    int passes = 0;  ///< times the looped layers run; 0: the depth's own number
    /// Last passes that are learnt from (truncated back-propagation); 0, or more than there are: all. Activations of
    /// earlier ones are not kept, and what came before the loop learns through what is injected alone.
    int learnt = 0;
    /// States between passes that are kept while a backward pass computes all else again (checkpointing): its memory
    /// does not depend on the number of passes. 0: nothing is computed twice, and the activations of all are kept.
    int states = 0;
    /// Last passes whose logits are graded, one after another; the loss is their mean.
    int     graded  = 1;
    Dropout dropout = {};  ///< off unless training asks for it; its seed and step also name a random start
    /// A random start is every token's own in training, else that of its id: the same for every sequence, alone or in a
    /// batch.
    Phase phase = Phase::evaluation;
};

/// How often a loop runs, checked.
struct Passes {
    int most    = 0;  ///< of any sequence
    int skipped = 0;  ///< first passes that nobody learns from
    int graded  = 1;
    int states  = 0;

    /// @param own    the depth's own number
    /// @param loops  whether a run may ask for another
    constexpr Passes(Run const& run, int own, bool loops = true) : states(run.states) {
        RUNG_CHECK(
            loops || run.passes <= 1, "Run: passes; got ", run.passes,
            ", wanted 1, or 0, because the layers of this model run once (make it Looped<passes, layers>)");
        RUNG_CHECK(run.passes >= 0 && run.passes <= 65'536, "Run: passes; got ", run.passes,
                   ", wanted 1 to 65536, or 0 for ", own);
        RUNG_CHECK(run.learnt >= 0, "Run: learnt; got ", run.learnt, ", wanted at least 1, or 0 for all");
        RUNG_CHECK(run.states >= 0, "Run: states; got ", run.states, ", wanted at least 1, or 0 for all");
        most    = run.passes > 0 ? run.passes : own;
        skipped = skipped_of(run, most);
        graded  = run.graded;
        RUNG_CHECK(graded >= 1 && graded <= most - skipped, "Run: graded passes; got ", graded,
                   ", wanted 1 to ", most - skipped, ", those that are learnt from");
    }
    /// Where sequences differ in their passes: `learnt` are each one's last, and those that somebody learns from are
    /// kept.
    constexpr Passes(Run const& run, int own, Sequences const& rows) : Passes(run, own) {
        if (!rows.passes || rows.count == 0) return;
        const int least = rows.passes[rows.count - 1];
        most            = rows.passes[0];
        RUNG_CHECK(graded == 1, "Run: graded passes; got ", graded, " of sequences that make ", least, " to ",
                   most, " passes, wanted 1 where sequences differ in their passes");
        skipped = skipped_of(run, least);
    }
    /// First passes that nobody learns from, of sequences that make at least so many.
    static constexpr int skipped_of(Run const& run, int passes) {
        return run.learnt > 0 ? std::max(0, passes - run.learnt) : 0;
    }
    constexpr int learnt() const { return most - skipped; }
};

/// The state that a pass begins with, copied.
template <class Real>
struct Kept {
    int       pass;
    bool      zero;
    Mat<Real> state;
};

/// What a forward pass leaves for the backward pass; lives in the lane's arena, and lists of it in the lane's notes.
template <class Real>
struct Tape {
    Mat<Saved<Real>>   blocks;    ///< (1, blocks), in the order in which they ran
    Mat<Entered<Real>> entries;   ///< (1, passes)
    Mat<Kept<Real>>    states;    ///< (1, those kept at most)
    int                kept = 0;  ///< of them so far
    Mat<Saved<Real>>
                   again;  ///< (1, looped layers): the activations of any pass, where they are computed again
    Mat<Real>      input;  ///< the loop's (N, C)
    Mat<Real>      streams[2];  ///< (N, C) each: states of passes that are not kept, by turns
    Mat<Real>      x, normed;   ///< the last state of graded rows, and its norm
    Mat<Real>      logits;      ///< of graded rows (N, V), of each graded pass in turn
    Mat<Real>      slopes;      ///< of capped logits, or nothing
    Mat<Acc<Real>> stats;
    Look<Acc<Real>> look;    ///< of every block
    Mat<Acc<Real>>  d_bias;  ///< gradient of its table, once there is one
};

}  // namespace rung
