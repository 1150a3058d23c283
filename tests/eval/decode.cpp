// Cached, batched, ragged decoding says what a full forward pass over each sequence alone says.

#include <doctest/doctest.h>

#include <set>

#include "support/random.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

const Vocab vocab{Reverse::alphabet};

/// Greedy answer by a full forward pass per token: no cache, no batch.
template <class Model>
std::string uncached(Model const& model, std::string const& prompt, int limit, Run const& run) {
    std::vector<int> tokens{Vocab::begin}, positions, written;
    vocab.append(tokens, prompt);
    cpu::Lane<float> lane;
    for (int i = 0; i < limit && int(tokens.size()) <= Model::shape.context; ++i) {
        positions.clear();
        for (std::size_t t = 0; t < tokens.size(); ++t) positions.push_back(int(t));
        const int starts[] = {0, int(tokens.size())};
        lane.arena.reset();
        const auto logits =
            Model::forward(lane, model.weights().cdata(), {tokens.data(), positions.data(), starts, 1}, run)
                .logits;
        float const* last = logits.row(logits.rows - 1);
        const int    next = int(std::max_element(last, last + logits.cols) - last);
        if (next == Vocab::end) break;
        written.push_back(next), tokens.push_back(next);
    }
    return vocab.decode(written);
}

/// A model that has learned enough to give answers of many lengths.
template <class Model>
Model trained(cpu::Context<float>& ctx) {
    Model   model{ctx};
    Trainer trainer{ctx, model};
    for (int step = 0; step < 60; ++step) trainer.step(small_batch(std::uint32_t(step)), 5e-3);
    return model;
}

}  // namespace

using Loop = SmallModel<Rope<>, Looped<2, 1, AddInput>>;
TYPE_TO_STRING_AS("NoPE", SmallModel<NoPe>);
TYPE_TO_STRING_AS("learned positions, GPT", SmallModel<Learned, Stacked<2>, Gpt>);
TYPE_TO_STRING_AS("RoPE, looped with injection", Loop);
using Core = SmallModel<Rope<>, PreludeCoreCoda<1, 1, 1, 2>>;
TYPE_TO_STRING_AS("RoPE, a loop between a prelude and a coda", Core);
using Last   = SmallModel<Sinusoidal<>, Stacked<2>, Vaswani>;
using Around = SmallModel<Rope<100, 50, 2>, Stacked<2>, Gemma>;
TYPE_TO_STRING_AS("waves, norms last, ReLU", Last);
TYPE_TO_STRING_AS("RoPE of half a head, norms around, of queries and keys too, GEGLU, capped logits", Around);
#define EVERY_MODEL SmallModel<NoPe>, SmallModel<Learned, Stacked<2>, Gpt>, Loop, Core, Last, Around

TEST_CASE_TEMPLATE("cached decoding of a ragged batch equals uncached decoding of each prompt alone", Model,
                   EVERY_MODEL) {
    cpu::Context ctx{{.threads = 2}};
    const auto   model = trained<Model>(ctx);
    const auto   asked = small_prompts(40);
    for (const int passes : {0, Model::Order::loops ? 3 : 1}) {
        const auto answers =
            decode(ctx, model, vocab, asked, {.limit = 12, .run = {.passes = passes}, .group = 16});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CAPTURE(asked[i]);
            CHECK(answers[i].text == uncached(model, asked[i], 12, {.passes = passes}));
        }
    }
}

TEST_CASE_TEMPLATE("batched equals alone, at batch 1, 7 and 64, for any number of threads", Model,
                   EVERY_MODEL) {
    cpu::Context one{{.threads = 1}}, three{{.threads = 3}};
    const auto   model = trained<Model>(one);
    const auto   asked = small_prompts(64);
    const auto   alone = decode(one, model, vocab, asked, {.limit = 12, .group = 1});
    for (const int group : {7, 64}) {
        const auto together = decode(three, model, vocab, asked, {.limit = 12, .group = group});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CHECK(together[i].text == alone[i].text);
            CHECK(together[i].tokens == alone[i].tokens);
            CHECK(together[i].ended == alone[i].ended);
        }
    }
}

TEST_CASE("sampled decoding depends on seed, stream and prompt, not on groups or threads") {
    cpu::Context one{{.threads = 1}}, three{{.threads = 3}}, other{{.seed = 2, .threads = 1}};
    const auto   model = trained<SmallModel<>>(one);
    const auto   asked = small_prompts(30);
    const auto   texts = [&](auto& ctx, DecodeOptions options) {
        std::string all;
        options.limit = 12, options.temperature = 1.5;
        for (auto const& answer : decode(ctx, model, vocab, asked, options)) all += answer.text + "/";
        return all;
    };
    const auto base = texts(one, {.group = 64});
    CHECK(base == texts(three, {.group = 7}));
    CHECK(base != texts(one, {.stream = 1, .group = 64}));
    CHECK(base != texts(other, {.group = 64}));
    CHECK(texts(one, {.top_k = 1}) != base);
}

TEST_CASE("drawing among the likeliest token alone is greedy") {
    cpu::Context ctx{{.threads = 1}};
    const auto   model  = trained<SmallModel<>>(ctx);
    const auto   asked  = small_prompts(20);
    const auto   greedy = decode(ctx, model, vocab, asked, {.limit = 12}),
               drawn    = decode(ctx, model, vocab, asked, {.limit = 12, .temperature = 2, .top_k = 1});
    for (std::size_t i = 0; i < asked.size(); ++i) CHECK(greedy[i].text == drawn[i].text);
    CHECK_THROWS_WITH_AS(decode(ctx, model, vocab, asked, {.limit = 12, .top_k = 3}),
                         doctest::Contains("decode: top_k; got 3 at temperature 0"), Error);
}

TEST_CASE("tokens are drawn in proportion to softmax of logits over temperature") {
    Random<double> logits(1, 6, 8);  // pad and begin come first and are never drawn
    Rng            rng(1, Purpose::user);
    double         weight[6] = {}, sum = 0;
    for (Index j = 2; j < 6; ++j) sum += weight[j] = std::exp(logits.data[j] / 0.7);
    int             seen[6] = {};
    detail::Sampler sampler(6);
    for (int i = 0; i < 20'000; ++i) ++seen[sampler.draw<double>(logits, {.temperature = 0.7}, rng).token];
    for (Index j = 0; j < 6; ++j) CHECK(seen[j] / 20'000.0 == doctest::Approx(weight[j] / sum).epsilon(0.08));
}

TEST_CASE("the k likeliest tokens are those of the largest logits, the lower one of equals") {
    // Pad and begin come first and are never drawn; zeros are equal, whatever their sign.
    const std::vector<double> values{9, 9, -0.0, -3, 2, 0.0, -1e-300, 2, -3, 1e-300};
    const Mat<double const>   logits(values.data(), 1, Index(values.size()));
    const std::vector<int>    likeliest{4, 7, 9, 2, 5, 6, 3, 8};
    for (int k = 1; k <= int(likeliest.size()); ++k) {
        Rng             rng(1, Purpose::user);
        detail::Sampler sampler(int(values.size()));
        std::set<int>   seen;
        for (int i = 0; i < 500; ++i)
            seen.insert(sampler.draw<double>(logits, {.temperature = 100, .top_k = k}, rng).token);
        CHECK(seen == std::set<int>(likeliest.begin(), likeliest.begin() + k));
    }
}

/// A model that writes 5, and nothing else, whatever it reads.
SmallModel<> stubborn() {
    SmallModel<> model(std::uint64_t{1});
    SmallModel<>::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        for (Index i = 0; i < spec.size(); ++i) {
            float& w = model.weights()[offset + i];
            if (name == "embed.tokens") w = 1;
            if (name.rfind("blocks.", 0) == 0 && spec.rows > 1) w = 0;
            if (name == "unembed.weight")
                w = i % spec.cols == vocab.id('5') ? 1.f : i % spec.cols == Vocab::pad ? 9.f : 0.f;
        }
    });
    return model;
}

TEST_CASE("an answer stops at its limit and says that it did not end by itself") {
    cpu::Context ctx{{.threads = 1}};
    for (auto const& answer : decode(ctx, stubborn(), vocab, {"1=", "234="}, {.limit = 3})) {
        CHECK(answer.text == "555");  // also: pad, however likely, is never written
        CHECK(answer.tokens == 3);
        CHECK_FALSE(answer.ended);
    }
}

TEST_CASE("an answer stops where the context ends") {
    cpu::Context ctx{{.threads = 1}};
    const auto   answers = decode(ctx, stubborn(), vocab, {"1=", std::string(30, '2') + "="});
    CHECK(answers[0].tokens == small.context - 3 + 1);  // the last token needs no place of its own
    CHECK(answers[1].tokens == small.context - 32 + 1);
}

TEST_CASE("confidence is the product of the written tokens' probabilities, alone as in a batch") {
    cpu::Context ctx{{.threads = 1}};
    const auto   model   = trained<SmallModel<>>(ctx);
    const auto   asked   = small_prompts(20);
    const auto   answers = decode(ctx, model, vocab, asked, {.limit = 12});
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(decode(ctx, model, vocab, {asked[i]}, {.limit = 12})[0].confidence == answers[i].confidence);
        std::vector<int> tokens{Vocab::begin}, positions;
        vocab.append(tokens, asked[i] + answers[i].text);
        if (answers[i].ended) tokens.push_back(Vocab::end);
        for (std::size_t t = 0; t < tokens.size(); ++t) positions.push_back(int(t));
        const int        starts[] = {0, int(tokens.size())};
        cpu::Lane<float> lane;
        const auto       logits =
            SmallModel<>::forward(lane, model.weights().cdata(), {tokens.data(), positions.data(), starts, 1})
                .logits;
        double product = 1;
        for (std::size_t t = asked[i].size() + 1; t < tokens.size(); ++t) {
            double sum = 0;
            for (int v = Vocab::end; v < small.vocab; ++v) sum += std::exp(double(logits(Index(t) - 1, v)));
            product *= std::exp(double(logits(Index(t) - 1, tokens[t]))) / sum;
        }
        CHECK(answers[i].confidence == doctest::Approx(product).epsilon(1e-3));
    }
}

TEST_CASE("no prompts, a prompt longer than the context, a foreign character: each is refused by name") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK_THROWS_WITH_AS(decode(ctx, model, vocab, {}), "decode: prompts; got none, wanted at least 1",
                         Error);
    CHECK_THROWS_WITH_AS(decode(ctx, model, vocab, {"1=", std::string(39, '2') + "="}),
                         "decode: prompt 1; got 41 tokens, wanted fewer than 40, the model's context", Error);
    CHECK_THROWS_AS(decode(ctx, model, vocab, {"a="}), Error);
    CHECK_THROWS_AS(decode(ctx, model, Vocab{"01"}, {"1"}), Error);
    CHECK_THROWS_AS(decode(ctx, model, vocab, {"1="}, {.run = {.dropout = {0.1f}}}), Error);
    CHECK_THROWS_AS(decode(ctx, model, vocab, {"1="}, {.run = {.learnt = -1}}), Error);
    for (float& weight : model.weights()) weight = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(decode(ctx, model, vocab, {"1="}), Error);
    CHECK_THROWS_AS(decode(ctx, model, vocab, {"1="}, {.temperature = 1}), Error);
}
