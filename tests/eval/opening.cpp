// What stands before a prompt: a begin token, a newline, or nothing.

#include <doctest/doctest.h>

#include "rung/eval/inspect.hpp"
#include "support/small.hpp"
#include "support/uncached.hpp"

using namespace rung_test;

namespace {

const Vocab vocab{Reverse::alphabet};

using Places    = SmallModel<Learned, Stacked<2>, Gpt>;
using Loop      = SmallModel<Rope<>, Looped<2, 1, AddInput>>;
using Random100 = SmallModel<Randomised<Learned, 100>>;
using Hints     = SmallModel<Abacus<1>>;

/// A model that has learned a little with this opening: enough to give answers of many lengths.
template <class Model>
Model trained(cpu::Context<>& ctx, Opening opening, int steps = 80, int longest = 6) {
    Model   model{ctx};
    Trainer trainer{ctx, model};
    for (int step = 0; step < steps; ++step) {
        std::vector<Item> items;
        for (int i = 0; i < 24; ++i) {
            Rng  rng(1, Purpose::training, std::uint32_t(step), std::uint32_t(i));
            auto example = Reverse{}.sample(rng, rng.between(1, longest));
            items.push_back(with_opening(encode(vocab, example), opening));
        }
        trainer.step(pack(items, Grade::answer, small.context), 1e-2);
    }
    return model;
}

constexpr Opening openings[] = {Opening::begin, Opening::newline, Opening::nothing};

}  // namespace

TYPE_TO_STRING_AS("NoPE", SmallModel<>);
TYPE_TO_STRING_AS("learned positions, GPT", Places);
TYPE_TO_STRING_AS("RoPE, looped with injection", Loop);
TYPE_TO_STRING_AS("drawn positions", Random100);
TYPE_TO_STRING_AS("ids of the task", Hints);

TEST_CASE_TEMPLATE("decoding after any opening equals a full forward pass over the same tokens", Model,
                   SmallModel<>, Places, Loop, Random100, Hints) {
    cpu::Context   ctx{{.threads = 2}};
    const auto     asked = small_prompts(20);
    const Numbered numbered;
    const Place    place = std::is_same_v<Model, Hints> ? place_of(numbered) : Place{};
    for (const Opening opening : openings) {
        CAPTURE(int(opening));
        const auto model = trained<Model>(ctx, opening);
        const auto answers =
            decode(ctx, model, vocab, asked, {.limit = 12, .group = 7, .place = place, .opening = opening});
        for (std::size_t i = 0; i < asked.size(); ++i)
            CHECK(answers[i].text == uncached(model, asked[i], 12, int(i), place, opening));
    }
}

TEST_CASE(
    "items after another opening: a newline takes begin's place, nothing moves all tokens down by one") {
    const Numbered task;
    const Place    place = place_of(task);
    for (Item const& item :
         {encode(vocab, {"12=", "21"}, Ended::yes, place), encode_at_once(vocab, {"12=", "21"}, 4, place)}) {
        const Item line = with_opening(item, Opening::newline), bare = with_opening(item, Opening::nothing);
        const auto tail = [](std::vector<int> const& all) {
            return all.empty() ? all : std::vector<int>(all.begin() + 1, all.end());
        };
        CHECK(with_opening(item, Opening::begin).tokens == item.tokens);
        CHECK(line.tokens.front() == Vocab::end);
        CHECK(tail(line.tokens) == tail(item.tokens));
        CHECK(line.positions == item.positions);
        CHECK(bare.tokens == tail(item.tokens));
        CHECK(bare.targets == tail(item.targets));
        CHECK(bare.positions == tail(item.positions));
        CHECK(bare.prompt == item.prompt - 1);
        CHECK(pack({bare}, Grade::answer, 40).graded == pack({item}, Grade::answer, 40).graded);
    }
    CHECK_THROWS_AS(with_opening(encode(vocab, {"", "1"}), Opening::nothing), Error);
    CHECK_THROWS_AS(with_opening({.tokens = {5, 6}, .prompt = 2}, Opening::newline), Error);
}

TEST_CASE("evaluation opens as it is told, by token and at once: a model answers best as it was trained") {
    cpu::Context ctx{{.threads = 2}};
    for (const Opening taught : openings) {
        const auto model = trained<Places>(ctx, taught, 400, 2);
        int        right[3];
        for (const Opening opening : openings)
            right[int(opening)] =
                evaluate(ctx, model, Reverse{}, {.to = 2, .each = 100, .opening = opening}).at(2).correct;
        CAPTURE(int(taught));
        CHECK(right[int(taught)] > 60);
        CHECK(right[int(taught)] >= *std::max_element(right, right + 3));
    }
    const auto model = trained<Places>(ctx, Opening::begin);
    const auto asked = small_prompts(10);
    for (const Opening opening : openings) {
        const auto all  = think(ctx, model, vocab, asked, 9, {}, {}, opening);
        const auto last = answer_at_once(ctx, model, vocab, asked, 9, {}, {}, NoExit{}, opening);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const Item       item = with_opening(encode_at_once(vocab, {asked[i], ""}, 9), opening);
            const Ragged     ragged(pack({item}, Grade::answer, small.context), 0, 1, 0);
            cpu::Lane<float> lane;
            const auto       logits = Places::forward(lane, model.weights().cdata(), ragged.rows()).logits;
            std::vector<int> tokens;
            for (Index t = 0; t < logits.rows; ++t)
                tokens.push_back(detail::Sampler::likeliest(Mat<float const>(logits.slice(t, 1))).token);
            const auto end = std::find(tokens.begin(), tokens.end(), Vocab::end);
            CHECK(last[i].text == vocab.decode({tokens.begin(), end}));
            CHECK(all[i].back().answer.text == last[i].text);
        }
    }
}

TEST_CASE("an empty prompt needs something before it") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK(decode(ctx, model, vocab, {""}, {.limit = 2}).size() == 1);
    CHECK(decode(ctx, model, vocab, {""}, {.limit = 2, .opening = Opening::newline}).size() == 1);
    CHECK_THROWS_WITH_AS(decode(ctx, model, vocab, {"1=", ""}, {.opening = Opening::nothing}),
                         "decode: prompt 1; got no tokens, wanted at least 1 where nothing stands before it "
                         "(see DecodeOptions::opening)",
                         Error);
    CHECK(inspect(ctx, model, vocab, "12=", {}, Opening::nothing).symbols ==
          std::vector<std::string>{"1", "2", "="});
}
