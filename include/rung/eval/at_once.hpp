#pragma once
// Whole answers read at once: a forward pass over prompts with blanks, and the texts of what stands in their place.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rung/data/pack.hpp"
#include "rung/eval/sample.hpp"
#include "rung/model/position/ids.hpp"
#include "rung/model/transformer.hpp"

namespace rung {

/// Tokens of the longest answer that there could be after a prompt, see encode_at_once(): a number for all prompts, or
/// one for each of them.
class AnswerPlaces {
public:
    AnswerPlaces(int all) : all_(all) {}
    AnswerPlaces(std::vector<int> each)
        : all_(-1), each_(std::move(each)) {}  // -1: refused where there is none

    int of(std::size_t prompt) const { return each_.empty() ? all_ : each_[prompt]; }
    /// Throws unless there is one for each of so many prompts, each below the context.
    void check(std::size_t prompts, int context) const {
        RUNG_CHECK(each_.empty() || each_.size() == prompts, "read at once: places; got ", each_.size(),
                   " numbers, wanted 1, or one for each of ", prompts, " prompts");
        for (std::size_t i = 0; i < prompts; ++i)
            RUNG_CHECK(of(i) >= 0 && of(i) < context, "read at once: places after prompt ", i, "; got ",
                       of(i), ", wanted 0 to ", context - 1, ", below the model's context");
    }

private:
    int              all_ = 0;
    std::vector<int> each_;
};

namespace detail {

/// Prompts with blanks for their answers, in groups of a forward pass, the shortest first.
class Blanks {
public:
    Blanks(Vocab const& vocab, int context, std::vector<std::string> const& prompts,
           AnswerPlaces const& places, Place const& place, Opening opening)
        : tokens_(vocab.size()), places_(places), items_(prompts.size()), order_(prompts.size()) {
        RUNG_CHECK(!prompts.empty(), "read at once: prompts; got none, wanted at least 1");
        places.check(prompts.size(), context);
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            items_[i] = with_opening(encode_at_once(vocab, {prompts[i], ""}, places.of(i), place), opening);
            order_[Index(i)] = {items_[i].tokens.size(), i};
        }
        order_.sort();
    }

    int groups() const { return int((order_.size() + size - 1) / size); }
    /// The prompts of a group, in the order of its rows.
    std::span<Rank const> members(int group) const {
        const Index first = group * size;
        return {order_.data() + first, std::size_t(std::min(size, order_.size() - first))};
    }
    Ragged rows(std::span<Rank const> members, int context) const {
        std::vector<Item> some(members.size());
        for (std::size_t i = 0; i < some.size(); ++i) some[i] = Item(items_[members[i].number]);
        const Batch batch = pack(some, Grade::answer, context);
        return {batch, 0, batch.count, 0};
    }
    int tokens() const { return tokens_; }  ///< of the vocabulary
    /// Rows of logits of a prompt.
    Index asked(std::size_t prompt) const { return places_.of(prompt) + 1; }

private:
    static constexpr Index size = 32;

    int               tokens_;
    AnswerPlaces      places_;
    std::vector<Item> items_;
    Ranks             order_;  // by tokens
};

/// What the tokens of an answer say, up to its end.
inline Answer said(Vocab const& vocab, int const* tokens, double const* probabilities, Index places) {
    Answer           answer;
    std::vector<int> text;
    while (!answer.ended && answer.tokens < places) {
        const int at = answer.tokens++;
        RUNG_CHECK(std::isfinite(probabilities[at]), "read at once: a token's probability; got ",
                   probabilities[at], ", wanted a finite number (are the weights finite?)");
        answer.confidence *= probabilities[at];
        answer.ended = tokens[at] == Vocab::end;
        if (!answer.ended) text.push_back(tokens[at]);
    }
    answer.text = vocab.decode(text);
    return answer;
}

/// read(lane, members, tape) of each group of prompts.
template <class Context, class Model, class Read>
void read_at_once(Context& ctx, Model const& model, Blanks const& blanks, Run run, Read const& read) {
    RUNG_CHECK(blanks.tokens() == Model::shape.vocab, "read at once: vocabulary; got ", blanks.tokens(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    RUNG_CHECK(run.dropout.rate == 0, "read at once: dropout; got ", run.dropout.rate,
               ", wanted 0, as nothing is learnt here");
    run.learnt = 0, run.states = 1;
    const auto weights = pack(ctx, model);
    ctx.for_slices(blanks.groups(), [&](auto& lane, int group) {
        const auto members = blanks.members(group);
        Ragged     ragged  = blanks.rows(members, Model::shape.context);
        ragged.change_positions([&](int b, std::span<int> ids) {
            look_up<typename Model::position_type>(ids, Phase::evaluation, ctx.seed(), 0,
                                                   std::uint32_t(members[std::size_t(b)].number));
        });
        read(lane, members, Model::forward(lane, weights, placed(lane, ragged.rows()), run));
    });
}

}  // namespace detail

}  // namespace rung
