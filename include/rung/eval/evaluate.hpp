#pragma once
// Fresh problems of every difficulty in a range, answered greedily and scored by exact match.

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

/// The difficulty's problems are the same for every model and every call with this seed, and are drawn from a
/// stream that training never reads.
template <class Context, class Model, class Task>
Report evaluate(Context& ctx, Model const& model, Task const& task, EvaluateOptions const& options) {
    static_assert(explain_task<Task>::ok);
    static_assert(vocab_size(Task::alphabet) == Model::shape.vocab,
                  "evaluate: Shape::vocab must be vocab_size(Task::alphabet), the task's characters and "
                  "three special tokens");
    RUNG_CHECK(options.from >= 1 && options.from <= options.to && options.each >= 1,
               "evaluate: difficulties and count; got ", options.from, " to ", options.to, " and ",
               options.each, ", wanted 1 <= from <= to and each >= 1");
    const Vocab vocab{Task::alphabet};
    Report      report;
    for (int difficulty = options.from; difficulty <= options.to; ++difficulty) {
        std::vector<Example>     truth;
        std::vector<std::string> prompts;
        for (int i = 0; i < options.each; ++i) {
            Rng rng(ctx.seed(), Purpose::evaluation, std::uint32_t(difficulty), std::uint32_t(i),
                    options.stream);
            truth.push_back(task.sample(rng, difficulty));
            prompts.push_back(truth.back().prompt);
        }
        // Whatever has not ended after the longest possible answer is wrong already.
        std::size_t longest = 0;
        for (auto const& example : truth) longest = std::max(longest, example.answer.size());
        const auto answers =
            decode(ctx, model, vocab, prompts, {.limit = int(longest) + 1, .run = options.run});
        Score score{.difficulty = difficulty, .count = options.each};
        for (std::size_t i = 0; i < answers.size(); ++i)
            score.correct += answers[i].ended && correct(task, truth[i], answers[i].text);
        report.scores.push_back(score);
    }
    return report;
}

}  // namespace rung
