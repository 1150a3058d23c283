#pragma once
// Whole answers read at once, after every pass of a loop: what the model would say, and how sure it is. Any stopping
// rule can be held against the same record.

#include <algorithm>
#include <string>
#include <vector>

#include "rung/data/pack.hpp"
#include "rung/eval/exit/exit.hpp"
#include "rung/model/position/ids.hpp"
#include "rung/model/transformer.hpp"

namespace rung {

/// What a model would answer after a pass.
struct Thought {
    std::string answer;
    bool        ended = false;  ///< by its own end token
    Reading     reading;
};

/// The thought a rule settles on: of one sequence, after each of its passes in turn.
template <class Rule>
Thought const& settle(Rule const& rule, std::vector<Thought> const& passes) {
    static_assert(explain_exit<Rule>::ok);
    Judged         so_far;
    Thought const* best = &passes.back();
    for (auto const& thought : passes) {
        const Verdict verdict = rule(thought.reading, so_far);
        if (verdict != Verdict::go_on) best = &thought;
        if (verdict == Verdict::stop) break;
    }
    return *best;
}

/// The pass that is surest of its answers on average over all sequences, which it is the same for (Fan et al., 2025:
/// for problems of one length).
inline int most_confident_pass(std::vector<std::vector<Thought>> const& all) {
    std::vector<double> surprise(all.at(0).size(), 0.0);
    for (auto const& passes : all)
        for (std::size_t i = 0; i < passes.size(); ++i) surprise[i] += passes[i].reading.surprise;
    return all[0][std::size_t(std::min_element(surprise.begin(), surprise.end()) - surprise.begin())]
        .reading.pass;
}

/// Thoughts of every prompt after the last `run.graded` of `run.passes` passes.
/// The prompts must outlive the readings. Throws where a prompt and its answer do not fit the model's context.
/// @param places  characters of the longest answer that there could be, see encode_at_once()
/// @param place   ids of the task that the model was trained on, see place_of()
template <class Context, class Model>
std::vector<std::vector<Thought>> think(Context& ctx, Model const& model, Vocab const& vocab,
                                        std::vector<std::string> const& prompts, int places, Run run = {},
                                        Place const& place = {}) {
    using Real     = typename Context::real;
    using Position = typename Model::position_type;
    RUNG_CHECK(!prompts.empty() && places >= 0, "think: prompts and places; got ", prompts.size(), " and ",
               places, ", wanted at least 1 and 0");
    RUNG_CHECK(vocab.size() == Model::shape.vocab, "think: vocabulary; got ", vocab.size(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    const Passes passes = Model::passes_of(run);
    run.states          = 1;                          // nothing is learnt here
    std::vector<std::pair<Item, std::size_t>> items;  // and whose, by length
    for (std::size_t i = 0; i < prompts.size(); ++i)
        items.emplace_back(encode_at_once(vocab, {prompts[i], ""}, places, place), i);
    std::stable_sort(items.begin(), items.end(), [](auto const& a, auto const& b) {
        return a.first.tokens.size() < b.first.tokens.size();
    });
    std::vector<std::vector<Thought>> all(prompts.size());
    const auto                        weights = pack(ctx, model);
    constexpr std::size_t             group   = 32;  // sequences of a forward pass
    ctx.for_slices(int((prompts.size() + group - 1) / group), [&](auto& lane, int slice) {
        const std::size_t first = std::size_t(slice) * group, end = std::min(prompts.size(), first + group);
        std::vector<Item> some;
        for (std::size_t i = first; i < end; ++i) some.push_back(items[i].first);
        const Batch batch = pack(some, Grade::answer, Model::shape.context);
        Ragged      ragged(batch, 0, batch.count, 0);
        ragged.change_positions([&](int b, std::span<int> ids) {
            const auto whose = items[first + std::size_t(b)].second;
            look_up<Position>(ids, Phase::evaluation, ctx.seed(), 0, std::uint32_t(whose));
        });
        const auto  tape   = Model::forward(lane, weights, placed(lane, ragged.rows()), run);
        const Index rows   = tape.logits.rows / run.graded;
        const auto  logits = fetched(lane, Mat<Real const>(tape.logits));
        const auto  states = fetched(lane, Mat<Real const>(tape.x));
        for (int k = 0; k < run.graded; ++k)
            for (std::size_t i = first; i < end; ++i) {
                const Index at = Index(i - first) * (places + 1), now = k * rows + at;
                const auto  of   = [&](auto all, Index row) { return all.slice(row, places + 1); };
                const auto  none = decltype(logits){};
                Thought     thought;
                thought.reading         = detail::read_pass(passes.most - run.graded + k + 1, of(logits, now),
                                                    k > 0 ? of(logits, now - rows) : none, of(states, now),
                                                    k > 0 ? of(states, now - rows) : none, Vocab::end);
                const std::size_t whose = items[i].second;
                thought.reading.prompt  = prompts[whose];
                std::vector<int> tokens;
                for (int t = 0; t <= places && !thought.ended; ++t) {
                    auto const* row   = logits.row(now + t);
                    const int   token = int(std::max_element(row + Vocab::end, row + logits.cols) - row);
                    thought.ended     = token == Vocab::end;
                    if (!thought.ended) tokens.push_back(token);
                }
                thought.answer = vocab.decode(tokens);
                all[whose].push_back(thought);
            }
    });
    return all;
}

}  // namespace rung
