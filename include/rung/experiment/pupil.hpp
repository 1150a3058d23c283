#pragma once
// One of the models that a training run teaches, and its best weights so far.

#include <algorithm>
#include <cstdint>

#include "rung/core/buffer.hpp"
#include "rung/eval/score.hpp"
#include "rung/train/trainer.hpp"

namespace rung::detail {

/// The weights of the best test so far, if any.
struct BestSoFar {
    Buffer<float> weights;
    double        score = -1;

    void observe(Report const& test, Buffer<float> const& now) {
        double sum = 0;
        for (auto const& one : test.scores) sum += one.exact_match();
        if (sum > score) score = sum, std::copy_n(now.begin(), now.size(), weights.begin());
    }
    void give(Buffer<float>& to) const {
        if (score >= 0) std::copy_n(weights.begin(), to.size(), to.begin());
    }
    void archive(auto& all) {
        all(score);
        if (score >= 0) all(weights);
    }
};

/// Its trainer, what it learns from, and how far it is.
template <class Trainer, class Source>
struct Pupil {
    Pupil(Trainer& trainer_, Source& source_, bool keep_best)
        : trainer(trainer_),
          source(source_),
          seed(trainer.context().seed()),
          best{Buffer<float>(keep_best ? Trainer::model_type::parameters : 0)} {}

    Trainer&      trainer;
    Source&       source;
    std::uint64_t seed;
    std::uint64_t from = 0;  // number of the run's first example
    BestSoFar     best;
};

/// Those that learn in step, at least one.
template <class Trainer, class Source>
struct Pupils {
    Pupil<Trainer, Source>* first;
    std::size_t             count;

    Pupil<Trainer, Source>* begin() const { return first; }
    Pupil<Trainer, Source>* end() const { return first + count; }
};

}  // namespace rung::detail
