#pragma once
// A training set that is fixed: for sample-complexity curves, the sets of papers, and anything else that is a list of
// examples. Training draws from it with replacement.

#include <algorithm>

#include "rung/data/source.hpp"

namespace rung {

/// Two numbers, most significant digit first.
using NumberPair = std::pair<std::string, std::string>;

namespace detail {

/// Rng i of a set: of the streams for training, those that training itself does not read.
inline Rng set_rng(std::uint64_t seed, std::uint64_t i) {
    return Rng(seed, Purpose::training, std::uint32_t(i >> 32), std::uint32_t(i), 1);
}

}  // namespace detail

/// Examples of one task.
template <class Task>
class ExampleSet {
public:
    static constexpr int vocab = vocab_size<Task>();

    /// @param difficulties  of each example, for rules that ask how hard it is; empty: nobody says
    ExampleSet(Task task, std::vector<Example> examples, std::vector<Difficulty> difficulties = {})
        : task_(std::move(task)) {
        static_assert(explain_task<Task>::ok);
        RUNG_CHECK(!examples.empty(), "ExampleSet: examples; got none, wanted at least 1");
        RUNG_CHECK(examples.size() <= 0xffff'ffff, "ExampleSet: examples; got ", examples.size(),
                   ", wanted less than 2^32");
        RUNG_CHECK(difficulties.empty() || difficulties.size() == examples.size(),
                   "ExampleSet: difficulties; got ", difficulties.size(),
                   ", wanted none, or one for each of ", examples.size(), " examples");
        for (auto const& example : examples) prompts_.push_back(example.prompt);
        std::sort(prompts_.begin(), prompts_.end());
        prompts_.erase(std::unique(prompts_.begin(), prompts_.end()), prompts_.end());
        for (auto const& example : examples)
            most_ = std::max(most_, tokens_in<Task>(example.prompt) + tokens_in<Task>(example.answer));
        for (auto const& difficulty : difficulties) most_ = std::max(most_, rung::longest(task_, difficulty));
        examples_     = std::move(examples);
        difficulties_ = std::move(difficulties);
    }
    /// The task's problems of these numbers, such as balanced_pairs() gives, without those that the task leaves out or
    /// keeps for tests (see Excluding, Apart); they are as hard as the larger one has digits, or of two axes as both
    /// have.
    template <
        std::same_as<std::vector<NumberPair>> Pairs>  // not in braces, where these could be examples as well
    ExampleSet(Task task, Pairs const& pairs) : ExampleSet(shown(task, pairs), task) {}

    std::vector<Example> const&    examples() const { return examples_; }
    std::vector<Difficulty> const& difficulties() const { return difficulties_; }
    Task const&                    task() const { return task_; }
    int                            size() const { return int(examples_.size()); }
    /// Each once, sorted.
    std::vector<std::string> const& prompts() const { return prompts_; }
    bool                            contains(std::string_view prompt) const {
                                   return std::binary_search(prompts_.begin(), prompts_.end(), prompt);
    }

    Item draw(Rng& rng, int, Answering answering) const {
        const auto     i       = std::size_t(rng.below(std::uint32_t(examples_.size())));
        Example const& example = examples_[i];
        const int      most    = difficulties_.empty() ? most_ : rung::longest(task_, difficulties_[i]);
        const int places = std::max(most - tokens_in<Task>(example.prompt), tokens_in<Task>(example.answer));
        Item      item   = encode_of(task_, vocab_, example, answering, places);
        if (!difficulties_.empty()) item.difficulty = difficulties_[i];
        return item;
    }
    int longest() const { return most_ + 1; }

private:
    using Shown = std::pair<std::vector<Example>, std::vector<Difficulty>>;
    ExampleSet(Shown shown, Task task)
        : ExampleSet(std::move(task), std::move(shown.first), std::move(shown.second)) {}

    static Shown shown(Task const& task, std::vector<NumberPair> const& pairs) {
        Shown all;
        for (auto const& [a, b] : pairs) {
            Example example = task.example(a, b);
            if (!for_training(task, example)) continue;
            all.first.push_back(std::move(example));
            all.second.push_back(HasAxes<Task> ? Difficulty(int(a.size()), int(b.size()))
                                               : Difficulty(int(std::max(a.size(), b.size()))));
        }
        return all;
    }
    /// Asked by name, so that sets do not bring Excluding and Apart; Side::training is the first of its kind.
    static bool for_training(Task const& task, Example const& example) {
        if constexpr (requires { task.excludes(example); })
            if (task.excludes(example)) return false;
        if constexpr (requires { task.side(example.prompt); })
            if (task.side(example.prompt) != decltype(task.side(example.prompt)){}) return false;
        return true;
    }

    Task                     task_;
    std::vector<Example>     examples_;
    std::vector<Difficulty>  difficulties_;
    std::vector<std::string> prompts_;
    int                      most_  = 0;
    Vocab                    vocab_ = vocab_of<Task>();
};

}  // namespace rung
