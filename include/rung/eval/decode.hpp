#pragma once
// Answers to a batch of prompts, token by token, with a cache of keys and values. Prompts may differ in
// length; a sequence that ends leaves the batch. Prompts are dealt into groups of fixed size, so threads
// change nothing.

#include <algorithm>
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
    int group = 64;  ///< prompts that share one cache and one thread
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

/// The likeliest token, or one drawn from softmax(logits / temperature). Pad and begin are never written.
template <class Real>
Choice choose(Mat<Real const> logits, DecodeOptions const& options, Rng& rng) {
    Real const*      at = logits.data;
    std::vector<int> order(std::size_t(logits.cols - Vocab::end));
    std::iota(order.begin(), order.end(), Vocab::end);
    int token = *std::max_element(order.begin(), order.end(), [&](int a, int b) { return at[a] < at[b]; });
    const Real top = at[token];
    double     sum = 0;
    for (const int other : order) sum += std::exp(double(at[other] - top));
    if (options.temperature > 0) {
        std::sort(order.begin(), order.end(),
                  [&](int a, int b) { return at[a] > at[b] || (at[a] == at[b] && a < b); });
        if (options.top_k > 0 && options.top_k < int(order.size())) order.resize(std::size_t(options.top_k));
        std::vector<double> weight;
        for (const int other : order)
            weight.push_back(std::exp(double(at[other] - top) / options.temperature));
        double left = std::accumulate(weight.begin(), weight.end(), 0.0) * double(rng.uniform());
        token       = order.back();
        for (std::size_t i = 0; i < order.size(); ++i)
            if ((left -= weight[i]) < 0) {
                token = order[i];
                break;
            }
    }
    return {token, std::exp(double(at[token] - top)) / sum};
}

/// One group of prompts from first token to last answer, on one lane.
template <class Model, class Lane>
void decode_group(Lane& lane, Weights<typename Lane::real> weights, Vocab const& vocab,
                  std::vector<std::vector<int>> const& prompts, int first, int count,
                  DecodeOptions const& options, std::uint64_t seed, std::vector<Answer>& answers) {
    using Real              = typename Lane::real;
    constexpr Index C       = Model::shape.width;
    std::size_t     longest = 0;
    for (int b = 0; b < count; ++b) longest = std::max(longest, prompts[std::size_t(first + b)].size());
    const Index                   capacity = options.limit > 0
                                                 ? std::min<Index>(Index(longest) + options.limit, Model::shape.context)
                                                 : Model::shape.context;
    const Index                   room = (capacity + 15) / 16 * 16;
    std::vector<CacheLayer<Real>> cache(std::size_t(Model::passes_of(options.run) * Model::layers));
    for (auto& layer : cache)
        layer = {lane.arena.template take<Real>(count * C, room),
                 lane.arena.template take<Real>(count * room + 16, C), room};

    std::vector<int> active(static_cast<std::size_t>(count)),
        past(active.size(), 0);  // slots still writing, tokens each holds
    std::iota(active.begin(), active.end(), 0);
    std::vector<std::vector<int>> fresh(active.size()), written(active.size());
    std::vector<Rng>              rngs;
    for (int b = 0; b < count; ++b) {
        fresh[std::size_t(b)] = prompts[std::size_t(first + b)];
        rngs.emplace_back(seed, Purpose::decoding, options.stream, std::uint32_t(first + b));
    }
    while (!active.empty()) {
        const auto       mark = lane.arena.mark();
        std::vector<int> tokens, positions, starts{0}, held;
        for (const int b : active) {
            held.push_back(past[std::size_t(b)]);
            for (const int token : fresh[std::size_t(b)])
                tokens.push_back(token), positions.push_back(past[std::size_t(b)]++);
            starts.push_back(int(tokens.size()));
        }
        const Sequences       rows{tokens.data(), positions.data(), starts.data(), int(active.size())};
        const Mat<Real const> logits =
            Model::extend(lane, weights, cache, rows, {active.data(), held.data()}, options.run);
        std::vector<int> going;
        for (std::size_t i = 0; i < active.size(); ++i) {
            const int  b                    = active[i];
            const auto at                   = std::size_t(b);
            auto&      answer               = answers[std::size_t(first + b)];
            const auto [token, probability] = choose<Real>(logits.slice(Index(i), 1), options, rngs[at]);
            ++answer.tokens;
            answer.confidence *= probability;
            answer.ended = token == Vocab::end;
            if (!answer.ended) written[at].push_back(token);
            const bool room = past[at] < capacity && (options.limit == 0 || answer.tokens < options.limit);
            if (!answer.ended && room) going.push_back(b), fresh[at] = {token};
            else answer.text = vocab.decode(written[at]);
        }
        active = going;
        lane.arena.release(mark);
    }
}

}  // namespace detail

/// Continues every prompt until its end token or the limit. Throws on an empty list, on a prompt that leaves
/// the context no room for a token, and on a character outside the alphabet.
template <class Context, class Model>
std::vector<Answer> decode(Context& ctx, Model const& model, Vocab const& vocab,
                           std::vector<std::string> const& prompts, DecodeOptions const& options = {}) {
    RUNG_CHECK(!prompts.empty(), "decode: prompts; got none, wanted at least 1");
    RUNG_CHECK(vocab.size() == Model::shape.vocab, "decode: vocabulary; got ", vocab.size(),
               " tokens, wanted ", Model::shape.vocab, ", the model's");
    RUNG_CHECK(options.limit >= 0 && options.group > 0 && options.top_k >= 0 && options.temperature >= 0,
               "decode: limit, group, top_k, temperature; got ", options.limit, ", ", options.group, ", ",
               options.top_k, ", ", options.temperature, ", wanted at least 0, 1, 0, 0");
    std::vector<std::vector<int>> tokens(prompts.size(), {Vocab::begin});
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        vocab.append(tokens[i], prompts[i]);
        RUNG_CHECK(int(tokens[i].size()) < Model::shape.context, "decode: prompt ", i, "; got ",
                   tokens[i].size(), " tokens, wanted fewer than ", Model::shape.context,
                   ", the model's context");
    }
    std::vector<Answer> answers(prompts.size());
    using Real = typename Context::real;
    Buffer<Real>        panels(Model::panels);
    pack(ctx, panels.data(), model.weights().cdata(), Model::packed_places());
    const Weights<Real> weights{model.weights().cdata(), panels.cdata()};
    const int           count = int(prompts.size()), groups = (count + options.group - 1) / options.group;
    ctx.for_slices(groups, [&](auto& lane, int g) {
        const int first = g * options.group;
        detail::decode_group<Model>(lane, weights, vocab, tokens, first,
                                    std::min(options.group, count - first), options, ctx.seed(), answers);
    });
    return answers;
}

}  // namespace rung
