#pragma once
// How much of a scratchpad or a chain of thought is right: its steps, the number it ends in, and both.
//
//     StepScores steps{task};
//     evaluate(ctx, model, task, {.to = 20, .watch = std::ref(steps)});
//     std::cout << steps;

#include <iomanip>
#include <map>
#include <ostream>
#include <string>
#include <string_view>

#include "rung/eval/evaluate.hpp"
#include "rung/task/arithmetic.hpp"

namespace rung {

/// Of the answers at one difficulty.
struct StepCounts {
    int    answers = 0;
    int    final   = 0;  ///< that end in the right number, whatever came before
    int    every   = 0;  ///< that are right in every step
    double steps   = 0;  ///< sum of the shares of their steps that are right before the first that is not
};

/// Of a task whose format has `steps`: SimplifiedScratchpad, DetailedScratchpad, ChainOfThought, or one's own.
template <class Task>
class StepScores {
public:
    static_assert(
        requires(std::string_view text) {
            Task::format::steps(text);
            Task::format::number(text);
        } ||
            requires(std::string_view text) {
                Task::format::steps(text);
                Task::number(text);
            },
        "StepScores: a task in a format with steps and a number at their end, such as "
        "AdditionIn<SimplifiedScratchpad>; a format of one's own needs `static std::vector<std::string_view> "
        "steps(std::string_view answer)` and `number`, see SimplifiedScratchpad");

    explicit StepScores(Task task = {}) : task_(task) { task_.judge = Judge::final_answer; }

    void operator()(Answered const& answered) {
        using Format              = typename Task::format;
        std::string const& truth  = answered.truth.answer;
        Answer const&      answer = answered.answer;
        StepCounts&        counts = counts_[answered.difficulty];
        ++counts.answers;
        counts.final += answer.ended && correct(task_, answered.truth, answer.text);
        counts.every += answer.ended && answer.text == truth;
        counts.steps += right_steps<Format>(truth, answer.text) / double(Format::steps(truth).size());
    }
    std::map<Difficulty, StepCounts> const& counts() const { return counts_; }

private:
    Task                             task_;
    std::map<Difficulty, StepCounts> counts_;
};

template <class Task>
std::ostream& operator<<(std::ostream& out, StepScores<Task> const& scores) {
    const auto flags  = out.flags();
    const auto digits = out.precision();
    out << "difficulty  answers  final number  every step  steps before a wrong one\n"
        << std::fixed << std::setprecision(3);
    for (auto const& [difficulty, counts] : scores.counts()) {
        out << std::setw(10) << difficulty.text() << std::setw(9) << counts.answers;
        out << std::setw(14) << counts.final / double(counts.answers);
        out << std::setw(12) << counts.every / double(counts.answers);
        out << std::setw(26) << counts.steps / counts.answers << '\n';
    }
    out.flags(flags);
    out.precision(digits);
    return out;
}

}  // namespace rung
