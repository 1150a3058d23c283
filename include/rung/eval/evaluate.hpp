#pragma once
// Fresh problems of every difficulty in a range, answered greedily and scored by exact match.

#include <functional>
#include <string_view>

#include "rung/eval/decode.hpp"
#include "rung/eval/score.hpp"
#include "rung/eval/think.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// A problem and what a model made of it.
struct Answered {
    Difficulty     difficulty;
    int            number;  ///< of the problem among those of its difficulty
    Example const& truth;
    Answer const&  answer;
    bool           right;  ///< ended, and correct as the task judges
};

struct EvaluateOptions {
    /// Difficulties, both ends included, and from one to the next; of a task of two axes all pairs of {from.first,
    /// from.second} to {to.first, to.second}, where one number stands for both.
    Difficulty from = 1, to = 10, by = 1;
    int        each = 256;  ///< problems per difficulty
    Run        run  = {};   ///< .passes for a looped model
    /// Passes for the problems of a difficulty, instead of run.passes: what the task is known to need.
    std::function<int(Difficulty)> passes    = {};
    Answering                      answering = Answering::by_token;
    std::uint32_t                  stream =
        0;  ///< below 2^24; a test that steers training uses another one than the test that is reported
    Opening opening = Opening::begin;  ///< before each prompt: what the model's training showed it there
    /// Is shown every problem that was answered, in order: see DigitScores and its kin in eval/.
    std::function<void(Answered const&)> watch = {};
};

namespace detail {

/// Types that must fit together, named in one sentence.
template <class Model, class Task>
constexpr void explain_fit() {
    static_assert(explain_task<Task>::ok);
    static_assert(
        vocab_size<Task>() == Model::shape.vocab,
        "Shape: .vocab must be vocab_size<Task>(), the task's characters, its words and three special tokens "
        "(Task::vocab)");
}

/// Throws if problems of a difficulty, with their answers, do not fit the model's context.
template <class Model, class Task>
[[gnu::cold, gnu::noinline]] void check_length(std::string_view where, Task const& task,
                                               Difficulty difficulty) {
    check_at_least_one(where, difficulty);
    RUNG_CHECK(difficulty.first < 1 << 24 && longest(task, difficulty) + 1 <= Model::shape.context, where,
               ": longest sequence at difficulty ", difficulty.text(), "; got ",
               longest(task, difficulty) + 1, " tokens, wanted at most ", Model::shape.context,
               " (raise Shape::context)");
}

/// One number of two axes stands for both.
template <class Task>
Difficulty corner(Difficulty difficulty) {
    if (HasAxes<Task> && difficulty.second == 0) difficulty.second = difficulty.first;
    return difficulty;
}

/// The difficulties from one to another, the second axis faster.
template <class Task>
Buffer<Difficulty> difficulties(Difficulty from, Difficulty to, Difficulty by) {
    from = corner<Task>(from), to = corner<Task>(to), by = corner<Task>(by);
    const int firsts  = (to.first - from.first) / by.first + 1,
              seconds = HasAxes<Task> ? (to.second - from.second) / by.second + 1 : 1;
    Buffer<Difficulty> all(Index{firsts} * seconds);
    for (int i = 0; i < firsts * seconds; ++i)
        all[i] = {from.first + i / seconds * by.first, from.second + i % seconds * by.second};
    return all;
}

template <class Model, class Task>
[[gnu::cold, gnu::noinline]] void check_evaluation(Task const& task, EvaluateOptions const& options,
                                                   std::string_view where = "evaluate") {
    const Difficulty from = corner<Task>(options.from), to = corner<Task>(options.to),
                     by = corner<Task>(options.by), one = corner<Task>(1);
    RUNG_CHECK(one.within(from) && from.within(to) && one.within(by) && (HasAxes<Task> || to.second == 0),
               where, ": difficulties; got from ", from.text(), " to ", to.text(), " by ", by.text(),
               ", wanted 1 <= from <= to and by >= 1", HasAxes<Task> ? "" : ", of one axis");
    RUNG_CHECK(options.each >= 1, where, ": each; got ", options.each, ", wanted at least 1");
    check_length<Model>(where, task, to);
}

[[gnu::noinline]] inline Run run_of(EvaluateOptions const& options, Difficulty difficulty) {
    Run run = options.run;
    if (!options.passes) return run;
    run.passes = options.passes(difficulty);
    RUNG_CHECK(run.passes >= 1, "evaluate: passes at difficulty ", difficulty.text(), "; got ", run.passes,
               ", wanted at least 1");
    return run;
}

/// New tokens, end included, that the longest answer of this difficulty can take after one of the prompts: what the
/// format allows, whatever the answer.
template <class Task>
int answer_limit(Task const& task, Difficulty difficulty, std::vector<std::string> const& prompts) {
    int shortest = tokens_in<Task>(prompts.front());
    for (auto const& prompt : prompts) shortest = std::min(shortest, tokens_in<Task>(prompt));
    return std::max(1, longest(task, difficulty) - shortest + 1);
}

/// Where problems come from: number i of them is drawn by Rng(seed, purpose, major, i, site).
struct ProblemStream {
    std::uint64_t seed;
    Purpose       purpose;
    std::uint32_t major, site = 0;
};

/// @param first  number of the first one
template <class Task>
std::vector<Example> problems(Task const& task, Difficulty difficulty, int count, ProblemStream const& stream,
                              int first = 0) {
    std::vector<Example> all(std::size_t(std::max(0, count)));
    for (int i = 0; i < int(all.size()); ++i) {
        Rng rng(stream.seed, stream.purpose, stream.major, std::uint32_t(first + i), stream.site);
        all[std::size_t(i)] = sample(task, rng, difficulty);
    }
    return all;
}

/// Throws at an answer that no model can write: all would count as wrong.
[[gnu::cold, gnu::noinline]] inline void check_answers(Vocab const& vocab, std::vector<Example> const& truth,
                                                       std::string_view task) {
    std::vector<int> tokens;
    for (auto const& [prompt, answer] : truth) try {
            vocab.append(tokens, answer);
        } catch (...) {
            rethrow_from(join({"evaluate: ", task, ": answer of '", prompt, "': "}));
        }
}

/// Those of a test, which training never reads.
template <class Task>
std::vector<Example> test_problems(Task const& task, std::uint64_t seed, Difficulty difficulty, int count,
                                   std::uint32_t stream) {
    auto all = problems(task, difficulty, count, {seed, Purpose::evaluation, difficulty.key(), stream});
    check_answers(vocab_of<Task>(), all, type_name<Task>());
    return all;
}

[[gnu::noinline]] inline std::vector<std::string> prompts_of(std::vector<Example> const& examples) {
    std::vector<std::string> prompts(examples.size());
    for (std::size_t i = 0; i < examples.size(); ++i) prompts[i] = examples[i].prompt;
    return prompts;
}

/// Tokens of the longest answer that there could be after such a prompt.
template <class Task>
int answer_places(Task const& task, Difficulty difficulty, std::string const& prompt) {
    return longest(task, difficulty) - tokens_in<Task>(prompt);
}
/// Of each: a task may write prompts of several lengths at one difficulty, and training leaves each its own places.
template <class Task>
std::vector<int> answer_places(Task const& task, Difficulty difficulty,
                               std::vector<std::string> const& prompts) {
    std::vector<int> places;
    for (auto const& prompt : prompts) places.push_back(answer_places(task, difficulty, prompt));
    return places;
}

}  // namespace detail

/// Thoughts about problems of one difficulty, and the truth that they are held against.
struct Study {
    Difficulty                        difficulty = 0;
    std::vector<Example>              truth      = {};
    std::vector<std::vector<Thought>> thoughts   = {};  ///< of each problem after each pass
    std::vector<bool>                 right = {};  ///< of each problem after each pass, problem by problem

    int passes() const { return int(thoughts.front().size()); }
    /// Should all stop after this pass, from 1.
    Score after(int pass) const {
        return score([&](std::size_t) { return pass; });
    }
    /// Should each stop where the rule says.
    Score by(AnyExit const& rule) const {
        return score([&](std::size_t i) { return settle(rule, thoughts[i], truth[i].prompt).reading.pass; });
    }

private:
    template <class PassOf>
    Score score(PassOf&& pass_of) const {
        Score sum{.difficulty = difficulty, .count = int(truth.size())};
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const int pass = pass_of(i);
            RUNG_CHECK(pass >= 1 && pass <= passes(), "Study: pass; got ", pass, ", wanted 1 to ", passes());
            sum.correct += right[i * std::size_t(passes()) + std::size_t(pass - 1)];
            sum.passes += double(pass) / double(truth.size());
        }
        return sum;
    }
};

/// The problems that evaluate() asks of a difficulty, read at once, and what the model thinks of them after each pass
/// up to `most`, which is at least 1.
/// @param count   problems
/// @param stream  which problems: another number asks others, see EvaluateOptions
template <class Context, class Model, class Task>
Study study(Context& ctx, Model const& model, Task const& task, Difficulty difficulty, int count, int most,
            std::uint32_t stream = 0) {
    detail::explain_fit<Model, Task>();
    detail::check_evaluation<Model>(task, {.from = difficulty, .to = difficulty, .each = count});
    RUNG_CHECK(most >= 1, "study: most passes; got ", most, ", wanted at least 1");
    Study      all{.difficulty = difficulty,
                   .truth      = detail::test_problems(task, ctx.seed(), difficulty, count, stream)};
    const auto prompts = detail::prompts_of(all.truth);
    all.thoughts =
        think(ctx, model, vocab_of<Task>(), prompts, detail::answer_places(task, difficulty, prompts),
              {.passes = most, .graded = most}, place_of(task));
    for (std::size_t i = 0; i < prompts.size(); ++i)
        for (auto const& thought : all.thoughts[i]) {
            all.right.push_back(thought.answer.ended && correct(task, all.truth[i], thought.answer.text));
        }
    return all;
}

namespace detail {

template <class Context, class Model, class Task, class Rule>
Report evaluate_by(Rule const& rule, Context& ctx, Model const& model, Task const& task,
                   EvaluateOptions const& options) {
    explain_fit<Model, Task>();
    check_evaluation<Model>(task, options);
    const Vocab vocab = vocab_of<Task>();
    const Place place = place_of(task);
    const auto  asked = difficulties<Task>(options.from, options.to, options.by);
    Report      report{std::vector<Score>(std::size_t(asked.size()))};
    for (Index d = 0; d < asked.size(); ++d) {
        const Difficulty difficulty = asked[d];
        const auto       truth   = test_problems(task, ctx.seed(), difficulty, options.each, options.stream);
        const auto       prompts = prompts_of(truth);
        const Run        run     = run_of(options, difficulty);
        const auto       answers =
            options.answering == Answering::at_once
                      ? answer_at_once(ctx, model, vocab, prompts, answer_places(task, difficulty, prompts), run,
                                       place, rule, options.opening)
                      : decode_by(rule, ctx, model, vocab, prompts,
                                  {.limit   = answer_limit(task, difficulty, prompts),
                                   .run     = run,
                                   .place   = place,
                                   .opening = options.opening});
        Score& score = report.scores[std::size_t(d)] = {.difficulty = difficulty, .count = options.each};
        double passes = 0, tokens = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const bool right = answers[i].ended && correct(task, truth[i], answers[i].text);
            score.correct += right;
            if (options.watch) options.watch({difficulty, int(i), truth[i], answers[i], right});
            for (const int count : answers[i].passes) passes += count, ++tokens;
        }
        if (tokens > 0) score.passes = passes / tokens;
    }
    return report;
}

}  // namespace detail

/// The difficulty's problems are the same for every model and every call with this seed, and are drawn from a
/// stream that training never reads.
/// @param rule  when a loop has thought enough, see eval/exit/. It is asked after each of the passes that the options
///              allow, by default the depth's own number, and the last of them is the last word whatever it says: the
///              report tells the mean of the passes taken
template <class Context, class Model, class Task, class Rule = NoExit>
Report evaluate(Context& ctx, Model const& model, Task const& task, EvaluateOptions const& options,
                Rule const& rule = {}) {
    return detail::evaluate_by(detail::ExitOf<Model, Rule>(rule), ctx, model, task, options);
}

}  // namespace rung
