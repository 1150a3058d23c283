#pragma once
// Answers to prompts, token by token, with a cache of keys and values. A lane holds a number of places; a sequence
// that ends gives its place to the next prompt at once. An answer depends on its prompt alone, so neither places nor
// threads change it.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "rung/data/vocab.hpp"
#include "rung/model/transformer.hpp"

namespace rung {

struct DecodeOptions {
    int limit =
        0;  ///< most new tokens per answer, its end among them; 0: whatever the context leaves room for
    double        temperature = 0;  ///< 0: greedy. Otherwise logits are divided by it and a token is drawn
    int           top_k       = 0;  ///< draw among the k likeliest; 0: among all
    std::uint32_t stream =
        0;  ///< of random numbers, for sampling: prompt i of two streams is drawn differently
    Run run   = {};
    int group = 0;  ///< places of a lane: sequences that one thread decodes together; 0: what suits the model
};

struct Answer {
    std::string text;
    bool        ended      = false;  ///< by its own end token, not by the limit
    int         tokens     = 0;      ///< new tokens, the end among them
    double      confidence = 1;  ///< probability the model gives to this answer, the product over its tokens
};

namespace detail {

struct Choice {
    int    token;
    double probability;  ///< under softmax(logits), whatever the temperature
};

/// Draws tokens; pad and begin are never written. Keeps its working memory.
class Sampler {
public:
    explicit Sampler(int vocab) : order_(std::size_t(vocab - Vocab::end)), weight_(order_.size()) {}

    /// A token drawn from softmax(logits / temperature), cut to the k likeliest.
    template <class Real>
    Choice draw(Mat<Real const> logits, DecodeOptions const& options, Rng& rng) {
        Real const* at = logits.data;
        for (Index i = Vocab::end; i < logits.cols; ++i)  // NaN has no place in an order
            RUNG_CHECK(std::isfinite(double(at[i])), "decode: logits; got ", double(at[i]),
                       ", wanted finite numbers");
        std::iota(order_.begin(), order_.end(), Vocab::end);
        std::sort(order_.begin(), order_.end(),
                  [&](int a, int b) { return at[a] > at[b] || (at[a] == at[b] && a < b); });
        const double top = double(at[order_.front()]);
        double       sum = 0;
        for (const int token : order_) sum += std::exp(double(at[token]) - top);
        const bool cut  = options.top_k > 0 && options.top_k < int(order_.size());
        const auto kept = cut ? std::size_t(options.top_k) : order_.size();
        double     left = 0;
        for (std::size_t i = 0; i < kept; ++i)
            left += weight_[i] = std::exp((double(at[order_[i]]) - top) / options.temperature);
        left *= double(rng.uniform());
        std::size_t i = 0;
        while (i + 1 < kept && (left -= weight_[i]) >= 0) ++i;
        return {order_[i], std::exp(double(at[order_[i]]) - top) / sum};
    }

private:
    std::vector<int>    order_;
    std::vector<double> weight_;
};

/// What the lanes of one call share.
template <class Real>
struct DecodeCall {
    Weights<Sum<Real>>                   weights;
    Vocab const&                         vocab;
    std::vector<std::vector<int>> const& prompts;
    DecodeOptions const&                 options;
    std::uint64_t                        seed;
    Index                                capacity;  ///< tokens of the longest sequence
    std::vector<Answer>&                 answers;
    std::atomic<int>                     next{0};  ///< first prompt that nobody has taken
};

/// One lane's places, from its first prompt until none is left. Once the first step has run, no token takes memory.
template <class Model, class Lane>
class Decoder {
    using Real             = typename Lane::real;
    static constexpr int C = Model::shape.width, H = Model::shape.heads;
    // Prompts are taken in while a step has no more rows than this: they stay in cache. (1024 was slower, also where
    // weights do not.)
    static constexpr Index cached_rows = 256;

public:
    Decoder(Lane& lane, DecodeCall<Real>& call, int places)
        : lane_(lane),
          call_(call),
          rows_(std::max<Index>(cached_rows, places)),
          cache_(std::size_t(Model::passes_of(call.options.run) * Model::layers)),
          written_(std::size_t(places) * std::size_t(call.capacity + 1)),
          rngs_(std::size_t(places), Rng(0, Purpose::decoding)),
          sampler_(Model::shape.vocab) {
        const Index rows = places * H * call.capacity;  // of a layer
        const auto  all  = lane.arena.template take<Real>(Index(cache_.size()) * rows, 2 * C / H);
        for (std::size_t i = 0; i < cache_.size(); ++i)
            cache_[i] = {all.slice(Index(i) * rows, rows), call.capacity, H};
        for (int slot = places; slot-- > 0;) free_.push_back(slot);
        for (auto* list : {&slots_, &past_, &prompt_, &chosen_}) list->reserve(std::size_t(places));
        probability_.resize(std::size_t(places)), starts_.reserve(std::size_t(places) + 1);
        lasts_.reserve(std::size_t(places));
        for (auto* list : {&tokens_, &positions_}) list->reserve(std::size_t(rows_ + places + call.capacity));
    }

    void run() {
        while (true) {
            begin_step();
            if (slots_.empty()) return;
            const auto        mark = lane_.arena.mark(), notes = lane_.notes.mark();
            const CachePlaces places{slots_.data(), past_.data()};
            const Sequences   rows{.tokens       = tokens_.data(),
                                   .positions    = positions_.data(),
                                   .starts       = starts_.data(),
                                   .count        = int(slots_.size()),
                                   .graded       = lasts_.data(),
                                   .graded_count = Index(lasts_.size())};
            choose(Model::extend(lane_, call_.weights, cache_, placed(lane_, rows, places), places,
                                 call_.options.run));
            end_step();
            lane_.arena.release(mark), lane_.notes.release(notes);
        }
    }

private:
    /// One new token of every sequence that goes on, then prompts for the places that are free.
    void begin_step() {
        tokens_.clear(), positions_.clear(), lasts_.clear(), starts_.assign(1, 0);
        for (std::size_t i = 0; i < slots_.size(); ++i) append(chosen_[i], past_[i]), close();
        while (!free_.empty() && call_.next.load(std::memory_order_relaxed) < int(call_.prompts.size())) {
            if (!tokens_.empty() && Index(tokens_.size()) >= rows_) return;
            const int prompt = call_.next.fetch_add(1);
            if (prompt >= int(call_.prompts.size())) return;
            slots_.push_back(free_.back()), free_.pop_back();
            past_.push_back(0), prompt_.push_back(prompt), chosen_.push_back(0);
            rngs_[std::size_t(slots_.back())] =
                Rng(call_.seed, Purpose::decoding, call_.options.stream, std::uint32_t(prompt));
            auto const& tokens = call_.prompts[std::size_t(prompt)];
            for (std::size_t t = 0; t < tokens.size(); ++t) append(tokens[t], int(t));
            close();
        }
    }
    void append(int token, int position) { tokens_.push_back(token), positions_.push_back(position); }
    void close() { starts_.push_back(int(tokens_.size())), lasts_.push_back(int(tokens_.size()) - 1); }

    void choose(Mat<Real> on_device) {
        chosen_.resize(slots_.size());
        if (call_.options.temperature <= 0) {
            greedy(lane_, chosen_.data(), probability_.data(), on_device, Vocab::end);
            for (std::size_t i = 0; i < slots_.size(); ++i)
                RUNG_CHECK(std::isfinite(probability_[i]), "decode: prompt ", prompt_[i],
                           ": the next token's probability; got ", probability_[i],
                           ", wanted a finite number (are the weights finite?)");
            return;
        }
        const Mat<Sum<Real> const> logits = fetched(lane_, on_device);
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            const auto choice =
                sampler_.draw(logits.slice(Index(i), 1), call_.options, rngs_[std::size_t(slots_[i])]);
            chosen_[i] = choice.token, probability_[i] = choice.probability;
        }
    }

    /// Takes down what was written; sequences that are done leave, the others close ranks in order.
    void end_step() {
        std::size_t going = 0;
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            auto&     answer  = call_.answers[std::size_t(prompt_[i])];
            int*      written = written_.data() + std::ptrdiff_t(slots_[i]) * (call_.capacity + 1);
            const int held    = past_[i] + starts_[i + 1] - starts_[i];
            answer.ended      = chosen_[i] == Vocab::end;
            answer.confidence *= probability_[i];
            if (!answer.ended) written[answer.tokens] = chosen_[i];
            ++answer.tokens;
            const bool room =
                held < call_.capacity && (call_.options.limit == 0 || answer.tokens < call_.options.limit);
            if (!answer.ended && room) {
                slots_[going] = slots_[i], past_[going] = held, prompt_[going] = prompt_[i];
                chosen_[going++] = chosen_[i];
            } else {
                answer.text = call_.vocab.decode({written, written + answer.tokens - answer.ended});
                free_.push_back(slots_[i]);
            }
        }
        for (auto* list : {&slots_, &past_, &prompt_, &chosen_}) list->resize(going);
    }

    Lane&                         lane_;
    DecodeCall<Real>&             call_;
    Index                         rows_;  // of a step, at which no more prompts are taken in
    std::vector<CacheLayer<Real>> cache_;
    std::vector<int>              slots_, past_, prompt_, chosen_;  // of the sequences being written
    std::vector<double>           probability_;
    std::vector<int>              free_, tokens_, positions_, starts_, lasts_, written_;
    std::vector<Rng>              rngs_;
    Sampler                       sampler_;
};

}  // namespace detail

/// Continues every prompt until its end token or the limit. Throws on an empty list, on a prompt that leaves
/// the context no room for a token, on a character outside the alphabet, on a vocabulary of another size than the
/// model's, on options below 0, and on logits that are not finite.
template <class Context, class Model>
std::vector<Answer> decode(Context& ctx, Model const& model, Vocab const& vocab,
                           std::vector<std::string> const& prompts, DecodeOptions const& options = {}) {
    using Real = typename Context::real;
    RUNG_CHECK(!prompts.empty(), "decode: prompts; got none, wanted at least 1");
    RUNG_CHECK(vocab.size() == Model::shape.vocab, "decode: vocabulary; got ", vocab.size(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    RUNG_CHECK(options.limit >= 0 && options.group >= 0 && options.top_k >= 0 && options.temperature >= 0,
               "decode: limit, group, top_k, temperature; got ", options.limit, ", ", options.group, ", ",
               options.top_k, ", ", options.temperature, ", wanted at least 0 each");
    RUNG_CHECK(options.run.dropout.rate == 0, "decode: run.dropout; got ", options.run.dropout.rate,
               ", wanted 0: only training drops anything");
    std::vector<std::vector<int>> tokens(prompts.size(), {Vocab::begin});
    Index                         longest = 0;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        vocab.append(tokens[i], prompts[i]);
        RUNG_CHECK(int(tokens[i].size()) < Model::shape.context, "decode: prompt ", i, "; got ",
                   tokens[i].size(), " tokens, wanted fewer than ", Model::shape.context,
                   ", the model's context");
        longest = std::max(longest, Index(tokens[i].size()));
    }
    std::vector<Answer> answers(prompts.size());
    const Index         context  = Model::shape.context;
    const Index         capacity = options.limit > 0 ? std::min(longest + options.limit, context) : context;
    detail::DecodeCall<Real> call{pack(ctx, model), vocab, tokens, options, ctx.seed(), capacity, answers};
    const int                count = int(prompts.size()), lanes = std::min(ctx.threads(), count);
    const int                group  = options.group > 0 ? options.group : ctx.places(Model::parameters);
    const int                places = std::min(group, (count + lanes - 1) / lanes);
    ctx.for_slices(lanes, [&](auto& lane, int) {
        detail::Decoder<Model, std::remove_reference_t<decltype(lane)>>(lane, call, places).run();
    });
    return answers;
}

}  // namespace rung
