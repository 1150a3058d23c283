#pragma once
// Tests beside a training set that is fixed: on problems that are not in it, or on a list of them.

#include <map>

#include "rung/data/example_set.hpp"
#include "rung/data/problem.hpp"
#include "rung/task/excluding.hpp"

namespace rung {

/// Rule: problems, however a task writes them.
template <class Task>
class Problems {
public:
    explicit Problems(std::vector<std::string> prompts) : told_(told_alike(std::move(prompts))) {}

    bool operator()(Example const& example) const {
        return told_({detail::problem_of<Task>(example.prompt), ""});
    }
    std::string name() const { return told_.name(); }

private:
    static std::vector<std::string> told_alike(std::vector<std::string> prompts) {
        for (auto& prompt : prompts) prompt = detail::problem_of<Task>(prompt);
        return prompts;
    }
    Prompts told_;
};

/// The task without the problems of a set, which is of the same type: evaluate(ctx, model, unseen(task, set), options).
/// Problems are told by their two numbers, where the task says which these are, or else by their prompts. A difficulty
/// of which the set has all problems cannot be asked: EvaluateOptions::from goes past it.
template <class Task>
Excluding<Task, Problems<Task>> unseen(Task task, ExampleSet<Task> const& set) {
    return {std::move(task), Problems<Task>{set.prompts()}};
}

/// A task whose problems are those of a set, at the difficulties that the set names, each of them equally often.
template <class Task>
struct Listed : Task {
    explicit Listed(ExampleSet<Task> const& set) : Task(set.task()) {
        RUNG_CHECK(!set.difficulties().empty(),
                   "Listed: difficulties; got a set without, wanted one for each example");
        for (std::size_t i = 0; i < set.examples().size(); ++i)
            by_difficulty_[set.difficulties()[i]].push_back(set.examples()[i]);
    }
    Example sample(Rng& rng, Difficulty difficulty) const {
        const auto found = by_difficulty_.find(difficulty);
        RUNG_CHECK(found != by_difficulty_.end(), "Listed: difficulty; got ", difficulty.text(),
                   ", wanted one of which the set has examples");
        return found->second[rng.below(std::uint32_t(found->second.size()))];
    }
    /// What is around this one may not go past it.
    template <class... Any>
    Example     sample_digits(Any&&...) const = delete;
    std::string name() const {
        std::uint64_t all = 0;
        for (auto const& [difficulty, examples] : by_difficulty_)
            for (auto const& [prompt, answer] : examples)
                all = hash_of(answer, hash_of(prompt, hash_of(difficulty.text(), all)));
        return detail::value_name(static_cast<Task const&>(*this)) + ", " + detail::hash_text(all);
    }

private:
    std::map<Difficulty, std::vector<Example>> by_difficulty_;
};

}  // namespace rung
