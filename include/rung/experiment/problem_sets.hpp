#pragma once
// The problems of a round: a set for each model and difficulty, each drawn while the one before is answered.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rung/data/pick.hpp"
#include "rung/eval/evaluate.hpp"
#include "rung/experiment/ahead.hpp"
#include "rung/experiment/climb_options.hpp"

namespace rung::detail {

/// Prompts of each target: their weights' shares of all.
[[gnu::cold, gnu::noinline]] inline std::vector<int> shares_of(std::vector<Target> const& targets,
                                                               int                        prompts) {
    RUNG_CHECK(targets.size() <= std::size_t(most_targets), "schedule; got ", targets.size(),
               " difficulties in a round, wanted at most ", most_targets);
    std::vector<double> weights;
    for (auto const& target : targets) weights.push_back(target.weight);
    const auto       sums = sums_of("schedule", weights);
    std::vector<int> counts;
    int              before = 0;
    for (const double sum : sums) {
        const int until = int(double(prompts) * (sum / sums.back()) + 0.5);
        counts.push_back(until - before), before = until;
    }
    return counts;
}

/// Problems of one difficulty with their true answers, of which models see the prompts.
struct ProblemSet {
    std::vector<Example>     truth;
    std::vector<std::string> prompts;
    int                      limit = 0;  // tokens of an answer

    ProblemSet() = default;
    template <class Task>
    ProblemSet(Task const& task, Difficulty difficulty, int count, ProblemStream const& stream)
        : truth(problems(task, difficulty, count, stream)),
          prompts(prompts_of(truth)),
          limit(count > 0 ? answer_limit(task, difficulty, prompts) : 0) {}
};

/// The sets of a round, asked for in order.
template <class Task>
class ProblemSets {
public:
    /// @param seeds  of the models
    ProblemSets(Task const& task, std::vector<Target> targets, std::vector<std::uint64_t> seeds, int round,
                ClimbOptions const& options)
        : task_(task),
          targets_(std::move(targets)),
          seeds_(std::move(seeds)),
          counts_(shares_of(targets_, options.prompts)),
          round_(std::uint32_t(round)),
          callers_(options.labeller.choose || options.labeller.ask || options.labeller.read) {}

    /// What a model is asked of a target. The first call may be for any set, and each one after it is for the same set
    /// or the next.
    ProblemSet const& at(int model, int target) {
        const int n = model * int(targets_.size()) + target;
        if (n == at_) return now_;
        if (!std::exchange(asked_, true)) at_ = n - 1;
        RUNG_CHECK(n == at_ + 1, "ProblemSets: set; got ", n, ", wanted ", at_, " or the next");
        now_ = next_.take(), at_ = n;
        // Nothing of the caller's runs beside the task.
        if (!callers_ && !now_.truth.empty() && n + 1 < int(seeds_.size() * targets_.size())) next_.start();
        return now_;
    }
    /// Returns when none is being drawn.
    void wait() { next_.wait(); }

private:
    ProblemSet draw(int n) const {
        const auto width = targets_.size(), model = std::size_t(n) / width, target = std::size_t(n) % width;
        return {task_,
                targets_[target].difficulty,
                counts_[target],
                {seeds_[model], Purpose::self_improvement, round_, std::uint32_t(target)}};
    }

    Task const&                task_;
    std::vector<Target>        targets_;
    std::vector<std::uint64_t> seeds_;
    std::vector<int>           counts_;  // of problems of a target
    std::uint32_t              round_;
    bool                       callers_;        // whether something of the caller's is part of answering
    bool                       asked_ = false;  // for a set, whichever it was
    int                        at_    = -1;
    ProblemSet                 now_;
    Ahead<ProblemSet>          next_{[this] { return draw(at_ + 1); }};
};

}  // namespace rung::detail
