#pragma once
// Whole answers read at once, after every pass of a loop: what the model would say, and how sure it is. Any stopping
// rule can be held against the same record.

#include <algorithm>
#include <string>
#include <vector>

#include "rung/eval/at_once.hpp"
#include "rung/eval/exit/exit.hpp"

namespace rung {

/// What a model would answer after a pass.
struct Thought {
    Answer  answer;
    Reading reading;  ///< without the prompt
};

namespace detail {

/// A rule's way through the passes of one sequence.
struct Settling {
    Judged so_far  = {};
    bool   settled = false, stopped = false;

    /// Whether the rule settles on this pass, of those up to now.
    bool takes(AnyExit const& rule, Reading now, std::string_view prompt, bool last) {
        if (stopped) return false;
        now.prompt            = prompt;
        const Verdict verdict = rule(now, so_far);
        const bool    takes   = verdict != Verdict::go_on || (last && !settled);
        settled               = settled || takes;
        stopped               = verdict == Verdict::stop;
        return takes;
    }
};

}  // namespace detail

/// The thought a rule settles on: of one sequence, after each of its passes in turn.
inline Thought const& settle(AnyExit const& rule, std::vector<Thought> const& passes,
                             std::string_view prompt) {
    RUNG_CHECK(rule, "settle: rule; got none, wanted one");
    RUNG_CHECK(!passes.empty(), "settle: passes; got none, wanted at least 1");
    detail::Settling settling;
    Thought const*   best = nullptr;
    for (auto const& thought : passes)
        if (settling.takes(rule, thought.reading, prompt, &thought == &passes.back())) best = &thought;
    return *best;
}

/// The pass that is surest of its answers on average over all sequences, which it is the same for (Fan et al., 2025:
/// for problems of one length).
inline int most_confident_pass(std::vector<std::vector<Thought>> const& all) {
    RUNG_CHECK(!all.empty() && !all[0].empty(), "most_confident_pass: thoughts; got none, wanted at least 1");
    std::vector<double> surprisal(all[0].size(), 0.0);
    for (auto const& passes : all)
        for (std::size_t i = 0; i < passes.size(); ++i) surprisal[i] += passes[i].reading.surprisal;
    return all[0][std::size_t(std::min_element(surprisal.begin(), surprisal.end()) - surprisal.begin())]
        .reading.pass;
}

namespace detail {

/// take(prompt, k, thought) of every prompt after each of the last `run.graded` of `run.passes` passes, k from 0 on; of
/// one prompt in turn.
template <class Context, class Model, class Take>
void each_thought(Context& ctx, Model const& model, Vocab const& vocab,
                  std::vector<std::string> const& prompts, AnswerPlaces const& places, Run run,
                  Place const& place, Opening opening, Take const& take) {
    using Real          = typename Context::real;
    const Passes passes = Model::passes_of(run);
    const Blanks blanks(vocab, Model::shape.context, prompts, places, place, opening);
    read_at_once(ctx, model, blanks, run, [&](auto& lane, auto const& members, auto const& tape) {
        const Index    rows   = tape.logits.rows / run.graded;
        const auto     logits = fetched(lane, Mat<Real const>(tape.logits));
        const auto     states = fetched(lane, Mat<Real const>(tape.x));
        Buffer<int>    tokens(tape.logits.rows);
        Buffer<double> probabilities(tape.logits.rows);
        greedy(lane, tokens.data(), probabilities.data(), tape.logits, Vocab::end);
        for (int k = 0; k < run.graded; ++k) {
            Index now = k * rows;
            for (auto const& [length, i] : members) {
                const Index asked = blanks.asked(i);
                const auto  of    = [&](auto all, Index row) { return all.slice(row, asked); };
                const auto  none  = decltype(logits){};
                Thought     thought;
                thought.reading = read_pass(passes.most - run.graded + k + 1, of(logits, now),
                                            k > 0 ? of(logits, now - rows) : none, of(states, now),
                                            k > 0 ? of(states, now - rows) : none, Vocab::end);
                thought.answer  = said(vocab, tokens.data() + now, probabilities.data() + now, asked);
                now += asked;
                take(i, k, std::move(thought));
            }
        }
    });
}

}  // namespace detail

/// Thoughts of every prompt after the last `run.graded` of `run.passes` passes.
/// Throws where a prompt and its answer do not fit the model's context.
/// @param places  tokens of the longest answer that there could be, after every prompt or after each
/// @param place   ids of the task that the model was trained on, see place_of()
template <class Context, class Model>
std::vector<std::vector<Thought>> think(Context& ctx, Model const& model, Vocab const& vocab,
                                        std::vector<std::string> const& prompts, AnswerPlaces const& places,
                                        Run run = {}, Place const& place = {},
                                        Opening opening = Opening::begin) {
    std::vector<std::vector<Thought>> all(prompts.size());
    detail::each_thought(
        ctx, model, vocab, prompts, places, run, place, opening,
        [&](std::size_t prompt, int, Thought thought) { all[prompt].push_back(std::move(thought)); });
    return all;
}

/// An answer to every prompt after the last of `run.passes` passes, or after the pass that a rule settles on. Throws
/// where a prompt and its answer do not fit the model's context.
/// @param places  tokens of the longest answer that there could be, after every prompt or after each
/// @param place   ids of the task that the model was trained on, see place_of()
/// @param rule    is asked by several threads at the same time, as decode()'s is
template <class Context, class Model>
std::vector<Answer> answer_at_once(Context& ctx, Model const& model, Vocab const& vocab,
                                   std::vector<std::string> const& prompts, AnswerPlaces const& places,
                                   Run run = {}, Place const& place = {}, AnyExit const& rule = {},
                                   Opening opening = Opening::begin) {
    run.graded = rule ? Model::passes_of(run).most : 1;
    std::vector<Answer>      answers(prompts.size());
    Buffer<detail::Settling> settling(Index(prompts.size()));
    std::fill(settling.begin(), settling.end(), detail::Settling{});
    detail::each_thought(ctx, model, vocab, prompts, places, run, place, opening,
                         [&](std::size_t prompt, int k, Thought thought) {
                             if (rule && !settling[Index(prompt)].takes(rule, thought.reading,
                                                                        prompts[prompt], k + 1 == run.graded))
                                 return;
                             answers[prompt] = std::move(thought.answer);
                             if (rule) answers[prompt].passes.push_back(thought.reading.pass);
                         });
    return answers;
}
/// The same with the vocabulary of the task that the model was trained on, and the ids that it names.
template <class Context, class Model, Task T>
std::vector<Answer> answer_at_once(Context& ctx, Model const& model, T const& task,
                                   std::vector<std::string> const& prompts, AnswerPlaces const& places,
                                   Run run = {}, AnyExit const& rule = {}, Opening opening = Opening::begin) {
    return answer_at_once(ctx, model, vocab_of<T>(), prompts, places, run, place_of(task), rule, opening);
}

}  // namespace rung
