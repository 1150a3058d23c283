#pragma once
// Fresh problems of every difficulty in a range, answered greedily and scored by exact match.

#include <string_view>

#include "rung/eval/decode.hpp"
#include "rung/eval/score.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct EvaluateOptions {
    int           from = 1, to = 10;  ///< difficulties, both included
    int           each = 256;         ///< problems per difficulty
    Run           run  = {};          ///< .passes for a looped model
    std::uint32_t stream =
        0;  ///< below 2^24; a test that steers training uses another one than the test that is reported
};

namespace detail {

/// Types that must fit together, named in one sentence.
template <class Model, class Task>
constexpr void explain_fit() {
    static_assert(explain_task<Task>::ok);
    static_assert(
        vocab_size(Task::alphabet) == Model::shape.vocab,
        "Shape: .vocab must be vocab_size(Task::alphabet), the task's characters and three special tokens "
        "(Task::vocab)");
}

/// Throws if problems of a difficulty, with their answers, do not fit the model's context.
template <class Model, class Task>
void check_length(std::string_view where, Task const& task, int difficulty) {
    RUNG_CHECK(difficulty < 1 << 24 && task.longest(difficulty) + 1 <= Model::shape.context, where,
               ": longest sequence at difficulty ", difficulty, "; got ", task.longest(difficulty) + 1,
               " tokens, wanted at most ", Model::shape.context, " (raise Shape::context)");
}

template <class Model, class Task>
void check_evaluation(Task const& task, EvaluateOptions const& options) {
    RUNG_CHECK(options.from >= 1 && options.from <= options.to && options.each >= 1,
               "evaluate: difficulties and count; got ", options.from, " to ", options.to, " and ",
               options.each, ", wanted 1 <= from <= to and each >= 1");
    check_length<Model>("evaluate", task, options.to);
}

/// New tokens, end included, that the longest answer of this difficulty can take after one of the prompts: what the
/// format allows, whatever the answer.
template <class Task>
int answer_limit(Task const& task, int difficulty, std::vector<std::string> const& prompts) {
    std::size_t shortest = prompts.front().size();
    for (auto const& prompt : prompts) shortest = std::min(shortest, prompt.size());
    return std::max(1, task.longest(difficulty) - int(shortest) + 1);
}

}  // namespace detail

/// The difficulty's problems are the same for every model and every call with this seed, and are drawn from a
/// stream that training never reads.
template <class Context, class Model, class Task>
Report evaluate(Context& ctx, Model const& model, Task const& task, EvaluateOptions const& options) {
    detail::explain_fit<Model, Task>();
    detail::check_evaluation<Model>(task, options);
    const Vocab vocab{Task::alphabet};
    Report      report;
    for (int difficulty = options.from; difficulty <= options.to; ++difficulty) {
        std::vector<Example>     truth;
        std::vector<std::string> prompts;
        for (int i = 0; i < options.each; ++i) {
            Rng rng(ctx.seed(), Purpose::evaluation, std::uint32_t(difficulty), std::uint32_t(i),
                    options.stream);
            truth.push_back(sample(task, rng, difficulty));
            prompts.push_back(truth.back().prompt);
        }
        const auto answers =
            decode(ctx, model, vocab, prompts,
                   {.limit = detail::answer_limit(task, difficulty, prompts), .run = options.run});
        Score score{.difficulty = difficulty, .count = options.each};
        for (std::size_t i = 0; i < answers.size(); ++i)
            score.correct += answers[i].ended && correct(task, truth[i], answers[i].text);
        report.scores.push_back(score);
    }
    return report;
}

}  // namespace rung
