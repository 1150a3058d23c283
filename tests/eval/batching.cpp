// Continuous batching: more prompts than places, sequences that end at different times, places that are used again.

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

const Vocab vocab{Reverse::alphabet};

std::vector<std::string> prompts(int count, int longest = 12) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
        Rng       rng(6, Purpose::user, 0, std::uint32_t(i));
        const int difficulty = rng.between(1, longest);
        out.push_back(Reverse{}.sample(rng, difficulty).prompt);
    }
    return out;
}

/// A model that has learned enough to give answers of many lengths.
template <class Model>
Model trained() {
    cpu::Context ctx{{.threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    for (int step = 0; step < 80; ++step) trainer.step(small_batch(std::uint32_t(step), 24, 10), 1e-2);
    return model;
}

bool same(std::vector<Answer> const& a, std::vector<Answer> const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Answer const& x, Answer const& y) {
        return x.text == y.text && x.ended == y.ended && x.tokens == y.tokens &&
               std::memcmp(&x.confidence, &y.confidence, sizeof x.confidence) == 0;
    });
}

using Loop   = SmallModel<Rope<>, Looped<2, 1, AddInput>>;
using Places = SmallModel<Learned, Stacked<2>, Gpt>;

}  // namespace

TYPE_TO_STRING_AS("NoPE", SmallModel<>);
TYPE_TO_STRING_AS("learned positions, GPT", Places);
TYPE_TO_STRING_AS("RoPE, looped with injection", Loop);

TEST_CASE_TEMPLATE("answers have the same bits, confidence included, for any number of places and threads",
                   Model, SmallModel<>, Places, Loop) {
    const auto model = trained<Model>();
    const auto asked = prompts(100);
    for (const int passes : {0, 1, Model::Order::loops ? 3 : 1}) {
        std::vector<Answer> first;
        for (const int threads : {1, 2, 3}) {
            cpu::Context ctx{{.threads = threads}};
            for (const int group : {1, 3, 64}) {
                CAPTURE(threads);
                CAPTURE(group);
                const auto answers = decode(ctx, model, vocab, asked,
                                            {.limit = 14, .run = {.passes = passes}, .group = group});
                if (first.empty()) first = answers;
                CHECK(same(answers, first));
            }
        }
        // The test is of use only where sequences leave their places at different times.
        int shortest = 99, longest = 0, ended = 0;
        for (auto const& answer : first) {
            shortest = std::min(shortest, answer.tokens), longest = std::max(longest, answer.tokens);
            ended += answer.ended;
        }
        if (passes > 0) continue;
        CHECK(shortest + 3 < longest);
        CHECK(ended > 5);
    }
}

TEST_CASE("an answer depends on its own prompt alone: not on its neighbours, nor on their order") {
    cpu::Context ctx{{.threads = 2}};
    const auto   model   = trained<SmallModel<>>();
    const auto   asked   = prompts(50);
    const auto   answers = decode(ctx, model, vocab, asked, {.limit = 14, .group = 5});
    auto         turned  = asked;
    std::reverse(turned.begin(), turned.end());
    auto again = decode(ctx, model, vocab, turned, {.limit = 14, .group = 7});
    std::reverse(again.begin(), again.end());
    CHECK(same(answers, again));
    for (const std::size_t i : {0, 17, 49})
        CHECK(same({answers[i]}, decode(ctx, model, vocab, {asked[i]}, {.limit = 14})));
}

TEST_CASE("prompts that fill a step many times over, and answers that end with the context") {
    cpu::Context             one{{.threads = 1}}, three{{.threads = 3}};
    const auto               model = trained<Places>();  // has no place past its context
    std::vector<std::string> asked;
    for (int i = 0; i < 60; ++i)
        asked.push_back(std::string(std::size_t(1 + i % 37), char('0' + i % 10)) + "=");
    const auto first = decode(one, model, vocab, asked, {.group = 1});
    CHECK(same(first, decode(one, model, vocab, asked, {.group = 60})));
    CHECK(same(first, decode(three, model, vocab, asked, {.group = 4})));
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(first[i].tokens >= 1);
        CHECK(int(asked[i].size()) + first[i].tokens <= small.context);
    }
}

TEST_CASE(
    "decoding takes its scratch memory once: not again for more prompts, longer answers or a second call") {
    const auto model       = trained<SmallModel<>>();
    const auto allocations = [&](int count, int calls) {
        cpu::Context ctx{{.threads = 1}};
        for (int i = 0; i < calls; ++i) decode(ctx, model, vocab, prompts(count), {.limit = 14, .group = 4});
        return ctx.scratch_allocations();
    };
    CHECK(allocations(200, 1) == allocations(20, 1));
    CHECK(allocations(200, 2) <= allocations(200, 1) + 1);  // several blocks become one
    CHECK(allocations(200, 5) == allocations(200, 2));
    CHECK(allocations(200, 1) > 0);
}
