#pragma once
// Exact match of sums and differences by how far carries run: by the longest chain of them, and by how many there are.
//
//     CarryScores carries{task};
//     evaluate(ctx, model, task, {.to = 20, .watch = std::ref(carries)});
//     std::cout << carries;

#include <algorithm>
#include <ostream>
#include <string>

#include "rung/eval/evaluate.hpp"
#include "rung/task/errors.hpp"

namespace rung {

/// Columns of a sum that are given a carry by the one before, or of a difference that are given a borrow.
struct Carries {
    int count = 0;  ///< in all
    int chain = 0;  ///< of the longest run of neighbours: of 999+1 three
};

/// Those of a problem of an ArithmeticIn; of a difference below zero, those of the larger number less the smaller.
template <class Task>
Carries carries_of(Task const&, Example const& truth) {
    static_assert(Task::sign == '+' || Task::sign == '-',
                  "carries_of: sums and differences have carries; this task is of neither");
    auto [a, b] = Task::numbers(truth.prompt);
    if (Task::number(truth.answer).value_or("").starts_with('-')) std::swap(a, b);
    Carries all;
    int     chain = 0;
    for (const char into : detail::carries(a, Task::sign, b)) {
        chain     = into == '1' ? chain + 1 : 0;
        all.chain = std::max(all.chain, chain);
        all.count += into == '1';
    }
    return all;
}

template <class Task>
class CarryScores {
    static_assert(
        requires(std::string_view text) {
            Task::sign;
            Task::numbers(text);
        },
        "CarryScores: a task of two numbers in a full format (AdditionIn<Reversed>), which have carries");

public:
    explicit CarryScores(Task task = {}) : task_(task) {}

    void operator()(Answered const& answered) {
        const auto [count, chain] = carries_of(task_, answered.truth);
        add(by_count_, count, answered.right);
        add(by_chain_, chain, answered.right);
    }

    /// `difficulty` is the longest chain, from 0.
    Report by_chain() const { return met(by_chain_); }
    /// `difficulty` is the number of carries, from 0.
    Report by_count() const { return met(by_count_); }

private:
    static void add(Report& report, int carries, bool right) {
        while (int(report.scores.size()) <= carries)
            report.scores.push_back({.difficulty = int(report.scores.size())});
        auto& score = report.scores[std::size_t(carries)];
        ++score.count;
        score.correct += right;
    }
    static Report met(Report report) {
        std::erase_if(report.scores, [](Score const& score) { return score.count == 0; });
        return report;
    }

    Task   task_;
    Report by_count_, by_chain_;  // by number of carries, without a gap
};

template <class Task>
std::ostream& operator<<(std::ostream& out, CarryScores<Task> const& scores) {
    return out << "by the longest chain of carries\n"
               << scores.by_chain() << "by the number of carries\n"
               << scores.by_count();
}

}  // namespace rung
