#pragma once
// Answers to prompts, token by token, with a cache of keys and values. A lane holds a number of places; a sequence
// that ends gives its place to the next prompt at once. An answer depends on its prompt alone, so neither places nor
// threads change it.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "rung/eval/prompts.hpp"
#include "rung/model/transformer.hpp"

namespace rung {
namespace detail {

/// One lane's places, from its first prompt until none is left. Once the first step has run, no token takes memory.
template <class Model, class Lane, class Rule>
class Decoder {
    using Real              = typename Lane::real;
    using Call              = DecodeCall<Model, Real, Rule>;
    static constexpr int  C = Model::shape.width, KV = Model::shape.kv();
    static constexpr bool may_exit   = std::is_same_v<Rule, AnyExit>;
    static constexpr bool draws      = DrawsRows<typename Model::position_type>;
    static constexpr int  most_steps = draws ? 1 : Lane::most_steps;

public:
    Decoder(Lane& lane, Call& call, int places)
        : lane_(lane),
          call_(call),
          exits_(call.rule),
          rows_(std::max<Index>(Lane::prompt_rows, places)),
          spare_(Lane::spare_slots > 0 ? places : -1),
          cache_(Model::blocks_of(call.options.run)),
          chosen_(places),
          written_(places * (call.capacity + 1)),
          passes_(places),
          probability_(places),
          rngs_(places),
          sampler_(Model::shape.vocab),
          seen_(exits_ ? places * (2 * Model::shape.vocab + C) : 0),
          judged_(exits_ ? places : 0) {
        const Index rows = (places + Lane::spare_slots) * KV * call.capacity;  // of a layer
        const auto  all  = lane.arena.template take<Real>(cache_.size() * rows, 2 * Model::shape.head_size());
        for (Index i = 0; i < cache_.size(); ++i) cache_[i] = {all.slice(i * rows, rows), call.capacity, KV};
        for (auto* list : {&tokens_, &positions_}) list->make_room(rows_ + places + call.capacity);
        for (auto* list : {&slots_, &past_, &prompt_, &next_, &lasts_, &free_}) list->make_room(places);
        starts_.make_room(places + 1);
        for (int slot = places; slot-- > 0;) free_.push_back(slot);
    }

    void run() {
        while (true) {
            begin_step();
            if (slots_.empty()) return;
            const auto        mark = lane_.mark();
            const int         some = last_ = steps();
            const CachePlaces places{slots_.data(), past_.data(), spare_,
                                     some > 1 ? int(call_.capacity) - 1 : -1};
            const Sequences   rows{.tokens       = tokens_.data(),
                                   .positions    = positions_.data(),
                                   .starts       = starts_.data(),
                                   .count        = int(slots_.size()),
                                   .graded       = lasts_.data(),
                                   .graded_count = lasts_.size()};
            extend_and_choose(rows, places, some);
            end_step(some);
            lane_.release(mark);
        }
    }

private:
    void extend_and_choose(Sequences const& rows, CachePlaces const& places, int some) {
        if constexpr (may_exit)
            if (exits_) return think(rows, places);
        const Sequences there = placed(lane_, rows, places);
        if constexpr (most_steps > 1)
            if (some > 1) return write_ahead(there, places, some);
        choose(extend(there, places));
    }

    /// One new token of every sequence that goes on, then prompts for the places that are free.
    void begin_step() {
        for (auto* list : {&tokens_, &positions_, &lasts_}) list->cut(0);
        starts_.cut(0), starts_.push_back(0);
        for (Index i = 0; i < slots_.size(); ++i) {
            const std::span written(written_of(slots_[i]), std::size_t(answer_of(i).tokens));
            append(next_[i], call_.prompts.position(prompt_[i], past_[i], written)), close();
        }
        // Where tokens can be written ahead, new prompts wait until some were, or for each other.
        if (last_ == 1 && 8 * free_.size() < rngs_.size() && steps(rngs_.size()) > 1 && !slots_.empty())
            return;
        while (!free_.empty() && call_.next.load(std::memory_order_relaxed) < call_.prompts.count()) {
            if (!tokens_.empty() && tokens_.size() >= rows_) return;
            const int prompt = call_.next.fetch_add(1);
            if (prompt >= call_.prompts.count()) return;
            slots_.push_back(free_.back()), free_.pop_back();
            past_.push_back(0), prompt_.push_back(prompt), next_.push_back(0);
            rngs_[slots_.back()] = Rng(call_.seed, Purpose::decoding, call_.options.stream,
                                       std::uint32_t(call_.options.first + prompt), call_.options.site);
            auto const& tokens   = call_.prompts.tokens(prompt);
            for (std::size_t t = 0; t < tokens.size(); ++t)
                append(tokens[t], call_.prompts.position(prompt, int(t)));
            close();
        }
    }
    void    append(int token, int position) { tokens_.push_back(token), positions_.push_back(position); }
    int*    written_of(int slot) { return written_.data() + slot * (call_.capacity + 1); }
    Answer& answer_of(Index i) const { return call_.answers[std::size_t(prompt_[i])]; }
    void    close() { starts_.push_back(int(tokens_.size())), lasts_.push_back(int(tokens_.size()) - 1); }

    Mat<Real> extend(Sequences const& rows, CachePlaces const& places) {
        return Model::extend(lane_, call_.weights, cache_, rows, places, call_.options.run);
    }

    /// Tokens of so many sequences to write before looking at them: several where the most likely one is taken, and
    /// positions go up by one.
    int steps(Index sequences) const {
        if constexpr (most_steps > 1)
            if (!exits_ && call_.options.temperature <= 0 && !call_.options.place)
                return Lane::steps(Model::parameters, sequences);
        return 1;
    }
    /// The same of this step: all sequences must have one new token.
    int steps() const {
        if (most_steps == 1 || tokens_.size() != slots_.size()) return 1;
        int room = 1;  // of the sequence that has most
        for (Index i = 0; i < slots_.size(); ++i) {
            const int held = int(call_.capacity) - past_[i], limit = call_.options.limit;
            room = std::max(room, limit > 0 ? std::min(held, limit - answer_of(i).tokens) : held);
        }
        return std::min(room, steps(slots_.size()));
    }
    /// `some` steps in one go. A sequence that ends meanwhile writes on in its own place, in vain.
    void write_ahead(Sequences const& rows, CachePlaces const& places, int some) {
        const Index N      = rows.rows();
        const auto  tokens = lane_.arena.template take<int>(some, N);
        const auto  likely = lane_.arena.template take<Acc<Real>>(some, N);
        for (int step = 0; step < some; ++step) {
            const auto mark = lane_.mark();
            go_on(lane_, tokens.row(step), likely.row(step), rows, Mat<Real const>(extend(rows, places)),
                  Vocab::end);
            lane_.release(mark);
        }
        auto const* chosen  = lane_.download(tokens.data, tokens.size());
        auto const* chances = lane_.download(likely.data, likely.size());
        lane_.wait();
        ask(N, some);
        std::copy_n(chosen, tokens.size(), chosen_.begin());
        std::copy_n(chances, likely.size(), probability_.begin());
    }

    /// Room for a token of each of so many rows, and for its probability.
    void ask(Index rows, int steps = 1) {
        asked_ = rows;
        if (chosen_.size() < rows * steps)
            chosen_ = Buffer<int>(rows * steps), probability_ = Buffer<double>(rows * steps);
    }

    void choose(Mat<Real> on_device) {
        ask(on_device.rows);
        if (call_.options.temperature <= 0)
            return greedy(lane_, chosen_.data(), probability_.data(), on_device, Vocab::end);
        const Mat<Acc<Real> const> logits = fetched(lane_, on_device);
        for (Index i = 0; i < slots_.size(); ++i) take(i, logits.slice(i, 1));
    }
    /// A sequence's token: the likeliest, or one that is drawn.
    void take(Index i, Mat<Acc<Real> const> logits) {
        const auto [token, probability] = call_.options.temperature > 0
                                              ? sampler_.draw(logits, call_.options, rngs_[slots_[i]])
                                              : Sampler::likeliest(logits);
        chosen_[i] = token, probability_[i] = probability;
    }

    /// A token for every sequence, each after as many passes as the rule gives it.
    void think(Sequences const& rows, CachePlaces const& places) {
        constexpr Index V    = Model::shape.vocab;
        const int       most = Model::passes_of(call_.options.run).most;
        ask(rows.count);
        std::fill(judged_.begin(), judged_.end(), Judged{});
        std::fill(passes_.begin(), passes_.end(), 0);
        // Of each sequence: the logits that count, those of the pass before, and its state.
        const Mat<Acc<Real>> seen(seen_.data(), rows.count, 2 * V + C);
        const auto           taken = seen.columns(0, V), before = seen.columns(V, V),
                   state_before = seen.columns(2 * V, C);
        const auto goes_on      = [&](int pass, int number, Mat<Acc<Real> const> logits,
                                 Mat<Acc<Real> const> state) {
            using View = Mat<Acc<Real> const>;
            Reading now =
                read_pass(pass + 1, logits, pass > 0 ? View(before.slice(number, 1)) : View(), state,
                          pass > 0 ? View(state_before.slice(number, 1)) : View(), Vocab::end);
            now.prompt      = call_.prompts.text(prompt_[number]);
            const auto said = call_.rule(std::as_const(now), judged_[number]);
            if (said != Verdict::go_on || (pass + 1 == most && passes_[number] == 0))
                std::copy_n(logits.data, V, taken.row(number)), passes_[number] = pass + 1;
            std::copy_n(logits.data, V, before.row(number)),
                std::copy_n(state.data, C, state_before.row(number));
            return said != Verdict::stop;
        };
        Model::extend_until(lane_, call_.weights, cache_, rows, places, call_.options.run, goes_on);
        for (Index i = 0; i < asked_; ++i) take(i, taken.slice(i, 1));
    }

    /// Takes down what was written; sequences that are done leave, the others close ranks in order.
    void end_step(int steps) {
        Index going = 0;
        for (Index i = 0; i < slots_.size(); ++i) {
            auto& answer  = answer_of(i);
            int*  written = written_of(slots_[i]);
            int   held = past_[i] + starts_[i + 1] - starts_[i], token = 0;
            bool  goes_on = true;
            for (int step = 0; step < steps && goes_on; ++step, ++held) {
                const Index at = step * asked_ + i;
                RUNG_CHECK(std::isfinite(probability_[at]), "decode: prompt ", prompt_[i],
                           ": the next token's probability; got ", probability_[at],
                           ", wanted a finite number (are the weights finite?)");
                token        = chosen_[at];
                answer.ended = token == Vocab::end;
                answer.confidence *= probability_[at];
                if (!answer.ended) written[answer.tokens] = token;
                ++answer.tokens;
                if (exits_) answer.passes.push_back(passes_[i]);
                goes_on = !answer.ended && held < call_.capacity &&
                          (call_.options.limit == 0 || answer.tokens < call_.options.limit);
            }
            if (goes_on) {
                slots_[going] = slots_[i], past_[going] = held - 1, prompt_[going] = prompt_[i];
                next_[going++] = token;
            } else {
                const auto text = static_cast<int const*>(written);
                answer.text     = call_.vocab.decode({text, text + answer.tokens - answer.ended});
                free_.push_back(slots_[i]);
            }
        }
        for (auto* list : {&slots_, &past_, &prompt_, &next_}) list->cut(going);
    }

    Lane&                    lane_;
    Call&                    call_;
    bool                     exits_;
    Index                    rows_;  // of a step, at which no more prompts are taken in
    int                      spare_;
    Buffer<CacheLayer<Real>> cache_;
    FixedList<int>           slots_, past_, prompt_, next_;  // of the sequences being written
    FixedList<int>           free_, tokens_, positions_, starts_, lasts_;
    int                      last_  = 1;                  // steps in one go
    Index                    asked_ = 0;                  // rows of a step, at least as many as sequences
    Buffer<int>              chosen_, written_, passes_;  // chosen_: (steps, asked_)
    Buffer<double>           probability_;                // of what is chosen
    Buffer<Rng>              rngs_;                       // of places
    Sampler                  sampler_;
    Buffer<Acc<Real>>        seen_;
    Buffer<Judged>           judged_;
};

template <class Context, class Model, class Rule>
std::vector<Answer> decode_by(Rule const& rule, Context& ctx, Model const& model, Vocab const& vocab,
                              std::vector<std::string> const& prompts, DecodeOptions const& options) {
    using Real = typename Context::real;
    const Prompts<Model> asked(vocab, prompts, options, ctx.seed());
    Model::passes_of(options.run);  // throws where there are no such passes
    std::vector<Answer>           answers(prompts.size());
    DecodeCall<Model, Real, Rule> call{pack(ctx, model), vocab,  asked, rule, options, ctx.seed(),
                                       asked.capacity(), answers};
    const int                     count = int(prompts.size()), lanes = std::min(ctx.threads(), count);
    const int                     group  = options.group > 0 ? options.group : ctx.places(Model::parameters);
    const int                     places = std::min(group, (count + lanes - 1) / lanes);
    ctx.for_slices(lanes, [&](auto& lane, int) {
        Decoder<Model, std::remove_reference_t<decltype(lane)>, Rule>(lane, call, places).run();
    });
    return answers;
}

}  // namespace detail

/// Continues every prompt until its end token or the limit. Throws on an empty list, on a prompt that leaves the
/// context no room for a token, on a character outside the alphabet, on a vocabulary of another size than the model's,
/// on options below 0, on a place outside the context, and on logits that are not finite.
/// @param rule  when a token has been thought about enough, of at most options.run.passes passes (0: the depth's own
///              number), whatever it says after the last; see eval/exit/
template <class Context, class Model, class Rule = NoExit>
std::vector<Answer> decode(Context& ctx, Model const& model, Vocab const& vocab,
                           std::vector<std::string> const& prompts, DecodeOptions const& options = {},
                           Rule const& rule = {}) {
    return detail::decode_by(detail::ExitOf<Model, Rule>(rule), ctx, model, vocab, prompts, options);
}
/// The same with the vocabulary of the task that the model was trained on, and the ids that it names.
template <class Context, class Model, Task T, class Rule = NoExit>
std::vector<Answer> decode(Context& ctx, Model const& model, T const& task,
                           std::vector<std::string> const& prompts, DecodeOptions options = {},
                           Rule const& rule = {}) {
    if (!options.place) options.place = place_of(task);
    return decode(ctx, model, vocab_of<T>(), prompts, options, rule);
}

}  // namespace rung
