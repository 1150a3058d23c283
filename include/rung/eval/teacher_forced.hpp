#pragma once
// Exact match without decoding: one forward pass over the prompt and the right answer. A model that says the right next
// token after every beginning of the answer is one that greedy decoding would have written it, and the other way round.

#include <algorithm>
#include <cmath>
#include <vector>

#include "rung/eval/evaluate.hpp"

namespace rung {

/// Of every example what the model says at each place of the answer, and where it should end, when shown all that is
/// right before it. Where `ended` and the text is the answer's, decode() with these options gives this text too (up to
/// rounding, where two tokens are equally likely, and where a text can be read as one list of tokens only: words can
/// also be spelt). Pad and begin are never said, and the lowest of equal tokens is, as in decode(). Places, ids drawn
/// among them, are those that decode() would give.
template <class Context, class Model>
std::vector<Answer> teacher_forced(Context& ctx, Model const& model, Vocab const& vocab,
                                   std::vector<Example> const& examples, DecodeOptions const& options = {}) {
    static_assert(Model::writes,
                  "teacher_forced: give the style a causal mask (without one, tokens see the answer that "
                  "they are to foretell)");
    RUNG_CHECK(!examples.empty(), "teacher_forced: examples; got none, wanted at least 1");
    RUNG_CHECK(vocab.size() == Model::shape.vocab, "teacher_forced: vocabulary; got ", vocab.size(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    check_number(options.temperature == 0, "teacher_forced: temperature", options.temperature,
                 "0: it stands for greedy decoding");
    check_number(options.run.dropout.rate == 0, "teacher_forced: run.dropout", options.run.dropout.rate,
                 "0: only training drops anything");
    Run run    = options.run;
    run.learnt = 0, run.states = 1, run.graded = 1;
    const auto                   texts = detail::prompts_of(examples);
    const detail::Prompts<Model> prompts(vocab, texts, options, ctx.seed());
    std::vector<Item>            items(examples.size());
    Ranks                        order(items.size());  // by tokens
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto& tokens = items[i].tokens;
        auto& prompt = items[i].prompt;
        tokens = prompts.tokens(int(i)), prompt = int(tokens.size());
        vocab.append(tokens, examples[i].answer), tokens.push_back(Vocab::end);
        const int asked = int(tokens.size()) - prompt;
        RUNG_CHECK(options.limit == 0 || asked <= options.limit, "teacher_forced: example ", i,
                   ": answer; got ", asked, " tokens with its end, wanted at most ", options.limit,
                   ", the limit");
        order[Index(i)] = {tokens.size(), i};
    }
    order.sort();
    constexpr std::size_t                 most = 512;  // rows of a forward pass, to stay in cache
    std::vector<std::vector<std::size_t>> groups;
    std::size_t                           rows = 0;
    for (auto const& [length, i] : order) {
        if (groups.empty() || rows + length > most) groups.emplace_back(), rows = 0;
        groups.back().push_back(i), rows += length;
    }
    std::vector<Answer> answers(examples.size());
    const auto          weights = pack(ctx, model);
    ctx.for_slices(int(groups.size()), [&](auto& lane, int group) {
        auto const&       members = groups[std::size_t(group)];
        std::vector<Item> some;
        for (const auto i : members) some.push_back(items[i]);
        const Batch batch = pack(some, Grade::answer, Model::shape.context);
        Ragged      ragged(batch, 0, batch.count, 0);
        ragged.change_positions([&](int b, std::span<int> ids) {
            const auto      i = members[std::size_t(b)];
            const std::span tokens(items[i].tokens);
            const auto      prompt = std::size_t(items[i].prompt);
            for (std::size_t t = 0; t < ids.size(); ++t)
                ids[t] =
                    prompts.position(int(i), int(t), tokens.subspan(prompt, t < prompt ? 0 : t + 1 - prompt));
        });
        const auto     tape = Model::forward(lane, weights, placed(lane, ragged.rows()), run);
        Buffer<int>    said(tape.logits.rows);
        Buffer<double> likely(tape.logits.rows);
        greedy(lane, said.data(), likely.data(), tape.logits, Vocab::end);
        Index at = 0;
        for (const auto i : members) {
            auto&            answer = answers[i];
            std::vector<int> text;
            answer.tokens = int(items[i].tokens.size()) - items[i].prompt;
            for (int t = 0; t < answer.tokens; ++t, ++at) {
                RUNG_CHECK(std::isfinite(likely[at]), "teacher_forced: example ", i,
                           ": a token's probability; got ", likely[at],
                           ", wanted a finite number (are the weights finite?)");
                answer.confidence *= likely[at];
                answer.ended = said[at] == Vocab::end;
                if (t + 1 < answer.tokens) text.push_back(said[at]);
            }
            answer.text = vocab.decode(text);
        }
    });
    return answers;
}

/// What evaluate() reports of the same problems, by teacher_forced(), for tasks whose answers count by their exact
/// text. Of a task that judges by the meaning it is a lower bound: every token of the answer, steps and zeros in front
/// among them, has to be the right one. `watch` sees what teacher_forced() gives: which tokens fail though all before
/// them were right. On a CPU it takes as long as decoding, which has as much to compute there.
template <class Context, class Model, class Task>
Report evaluate_teacher_forced(Context& ctx, Model const& model, Task const& task,
                               EvaluateOptions const& options) {
    detail::explain_fit<Model, Task>();
    detail::check_evaluation<Model>(task, options);
    RUNG_CHECK(options.answering == Answering::by_token,
               "evaluate_teacher_forced: answering; got at_once, wanted by_token: what is read at once is "
               "never forced");
    Report report;
    for (const Difficulty difficulty : detail::difficulties<Task>(options.from, options.to, options.by)) {
        const auto truth = detail::test_problems(task, ctx.seed(), difficulty, options.each, options.stream);
        const int  limit = detail::answer_limit(task, difficulty, detail::prompts_of(truth));
        const auto answers = teacher_forced(ctx, model, vocab_of<Task>(), truth,
                                            {.limit   = limit,
                                             .run     = detail::run_of(options, difficulty),
                                             .place   = place_of(task),
                                             .opening = options.opening});
        Score      score{.difficulty = difficulty, .count = options.each};
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const bool right = answers[i].ended && answers[i].text == truth[i].answer;
            score.correct += right;
            if (options.watch) options.watch({difficulty, int(i), truth[i], answers[i], right});
        }
        report.scores.push_back(score);
    }
    return report;
}

}  // namespace rung
