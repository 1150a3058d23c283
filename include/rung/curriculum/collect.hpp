#pragma once
// A fixed number of examples from a task and a curriculum: the training sets of sample-complexity curves.

#include <unordered_set>

#include "rung/curriculum/curriculum.hpp"
#include "rung/data/example_set.hpp"
#include "rung/data/problem.hpp"

namespace rung {

struct CollectOptions {
    int           count = 1000;
    std::uint64_t seed  = 1;
    /// Draws of an example before one that the set has already is taken again, because there are no others:
    /// difficulties come as often as the curriculum names them, though one has but a few problems.
    int patience = 100;
    int step     = 0;  ///< of training, for curricula that look at it
};

/// Examples of distinct problems where there are enough: of one digit there are 81 sums, which come again and again. A
/// larger set of the same seed begins with the smaller one.
template <class Task, class Curriculum>
ExampleSet<Task> collect(Task const& task, Curriculum const& curriculum, CollectOptions const& options) {
    static_assert(explain_task<Task>::ok && explain_curriculum<Curriculum>::ok);
    check_number(options.count >= 1, "collect: count", options.count, "at least 1");
    check_number(options.patience >= 1, "collect: patience", options.patience, "at least 1");
    std::vector<Example>            examples;
    std::vector<Difficulty>         difficulties;
    std::unordered_set<std::string> seen;
    for (int i = 0; i < options.count; ++i) {
        Rng              rng        = detail::set_rng(options.seed, std::uint64_t(i));
        const Difficulty difficulty = draw_difficulty(curriculum, rng, options.step);
        Example          example    = sample(task, rng, difficulty);
        for (int tries = 1;
             tries < options.patience && seen.count(detail::problem_of<Task>(example.prompt)) > 0; ++tries)
            example = sample(task, rng, difficulty);
        seen.insert(detail::problem_of<Task>(example.prompt));
        examples.push_back(std::move(example)), difficulties.push_back(difficulty);
    }
    return {task, std::move(examples), std::move(difficulties)};
}

}  // namespace rung
