// Stopping rules: what each of them does, and that tokens and passes of a batch are those of each prompt alone.

#include <doctest/doctest.h>

#include <climits>
#include <set>

#include "rung/model/depth/adaptors.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

const Vocab vocab{Reverse::alphabet};

/// The pass after which a rule settles, of readings given one by one.
template <class Rule>
int settled(Rule const& rule, std::vector<Reading> const& readings) {
    std::vector<Thought> thoughts;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        thoughts.emplace_back().reading = readings[i];
        thoughts.back().reading.pass    = int(i) + 1;
    }
    return settle(rule, thoughts, readings[0].prompt).reading.pass;
}

/// A model whose answers have many lengths and take many numbers of passes.
template <class Model>
Model trained(cpu::Context<float>& ctx) {
    Model   model{ctx};
    Trainer trainer{ctx, model};
    for (int step = 0; step < 60; ++step) trainer.step(small_batch(std::uint32_t(step)), 5e-3);
    return model;
}

std::size_t numbers_of_passes(std::vector<Answer> const& answers) {
    std::set<int> seen;
    for (auto const& answer : answers) seen.insert(answer.passes.begin(), answer.passes.end());
    return seen.size();
}

/// By the first of these rules that gives tokens different passes: somewhere between limits that everybody meets at
/// once and limits that nobody meets.
template <class Model, class Rule>
void check_batches(std::vector<Rule> const& rules) {
    cpu::Context  one{{.threads = 1}}, three{{.threads = 3}};
    const auto    model = trained<Model>(one);
    const auto    asked = small_prompts(64);
    DecodeOptions options{.limit = 12, .run = {.passes = 6}, .group = 64};
    for (auto const& rule : rules) {
        const auto all = decode(one, model, vocab, asked, options, rule);
        if (numbers_of_passes(all) < 2) continue;
        options.group    = 7;
        const auto seven = decode(three, model, vocab, asked, options, rule);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const auto alone = decode(one, model, vocab, {asked[i]}, options, rule)[0];
            for (auto const* together : {&all[i], &seven[i]}) {
                CHECK(together->text == alone.text);
                CHECK(together->passes == alone.passes);
            }
            CHECK(int(alone.passes.size()) == alone.tokens);
        }
        return;
    }
    FAIL("no limit gives tokens different passes");
}

using Loop = SmallModel<Rope<>, Looped<4, 1, AddInput>>;
using Core = SmallModel<Rope<>, NormBetween<PreludeCoreCoda<1, 2, 1, 4, ConcatInput>>>;
using None = SmallModel<Learned, PassEmbedding<Looped<4>>, Gpt>;

}  // namespace

TYPE_TO_STRING_AS("a loop", Loop);
TYPE_TO_STRING_AS("a loop between a prelude and a coda", Core);
TYPE_TO_STRING_AS("a loop without injection", None);

TEST_CASE("what each rule settles on") {
    const auto of = [](auto member, std::vector<double> const& values) {
        std::vector<Reading> all(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) all[i].*member = values[i];
        return all;
    };
    CHECK(settled(AfterPasses{3}, std::vector<Reading>(5)) == 3);
    CHECK(settled(AfterPasses{9}, std::vector<Reading>(5)) == 5);
    std::vector<Reading> long_one(5, Reading{.prompt = "1234"});
    CHECK(settled(Oracle{[](std::string_view prompt) { return int(prompt.size()); }}, long_one) == 4);
    CHECK(settled(MostConfident{}, of(&Reading::surprisal, {3, 1, 0.5, 0.7, 0.5})) == 3);
    CHECK(settled(DivergenceBelow{0.1}, of(&Reading::divergence, {9, 1, 0.05, 0.01})) == 3);
    CHECK(settled(DivergenceBelow{0.001}, of(&Reading::divergence, {9, 1, 0.05, 0.01})) == 4);
    CHECK(settled(ChangeBelow{0.1}, of(&Reading::change, {9, 0.01, 0.5})) == 2);
    CHECK(settled(EntropyBelow{0.1}, of(&Reading::entropy, {2, 1, 0.01, 0.5})) == 3);
    std::vector<Reading> same(6);
    for (const std::size_t i : {1u, 3u, 4u, 5u}) same[i].same = true;
    CHECK(settled(StableFor{1}, same) == 1);
    CHECK(settled(StableFor{2}, same) == 2);
    CHECK(settled(StableFor{3}, same) == 5);
}

TEST_CASE("counts of passes below 1 and limits below 0 are refused before any work") {
    const auto refuses = [](auto const& rule, char const* what) {
        CHECK_THROWS_WITH_AS(AnyExit{rule}, doctest::Contains(what), Error);
    };
    refuses(AfterPasses{-5}, "AfterPasses: passes; got -5, wanted at least 1");
    refuses(StableFor{0}, "StableFor: passes; got 0, wanted at least 1");
    refuses(DivergenceBelow{-1}, "DivergenceBelow: limit; got -1, wanted at least 0");
    refuses(ChangeBelow{-1}, "ChangeBelow: limit; got -1");
    refuses(EntropyBelow{std::nan("")}, "EntropyBelow: limit; got nan");
    CHECK_NOTHROW(AnyExit{ChangeBelow{0}});  // never stops: every pass is seen
    CHECK_NOTHROW(AnyExit{StableFor{1}});
}

TEST_CASE("a reading says how sure a distribution is, and how far it and the state have moved") {
    const std::vector<double> now{0, 0, 2, 1, 0}, before{0, 0, 1, 2, 0}, state{3, 4}, state_before{3, 3};
    const auto                row = [](std::vector<double> const& v) {
        return Mat<double const>(v.data(), 1, Index(v.size()));
    };
    const auto   r = detail::read_pass(4, row(now), row(before), row(state), row(state_before), 2);
    const double e = std::exp(1.0), sum = e * e + e + 1, p[] = {e * e / sum, e / sum, 1 / sum};
    CHECK(r.pass == 4);
    CHECK(r.surprisal == doctest::Approx(-std::log(p[0])));
    CHECK(r.entropy ==
          doctest::Approx(-p[0] * std::log(p[0]) - p[1] * std::log(p[1]) - p[2] * std::log(p[2])));
    CHECK(r.divergence == doctest::Approx(p[0] - p[1]));  // log ratios are 1, -1 and 0
    CHECK(r.change == doctest::Approx(1.0 / 5));
    CHECK_FALSE(r.same);
    const Mat<double const> none;
    const auto              first = detail::read_pass(1, row(now), none, row(state), none, 2);
    CHECK(std::isinf(first.divergence));
    CHECK(std::isinf(first.change));
    CHECK_FALSE(first.same);
}

TEST_CASE_TEMPLATE("tokens and passes of a batch are those of each prompt alone, by every rule", Model, Loop,
                   Core, None) {
    check_batches<Model>(std::vector{MostConfident{}});
    check_batches<Model>(std::vector{DivergenceBelow{1e-1}, DivergenceBelow{1e-2}});
    check_batches<Model>(std::vector{ChangeBelow{0.35}, ChangeBelow{0.2}, ChangeBelow{0.5}, ChangeBelow{0.8},
                                     ChangeBelow{1.1}});
    check_batches<Model>(std::vector{EntropyBelow{0.8}, EntropyBelow{1.2}, EntropyBelow{1.6},
                                     EntropyBelow{2.0}, EntropyBelow{2.3}});
    check_batches<Model>(std::vector{StableFor{2}, StableFor{3}});
    check_batches<Model>(
        std::vector{Oracle{[](std::string_view prompt) { return 1 + int(prompt.size()) % 4; }}});
}

TEST_CASE_TEMPLATE("a rule that stops everybody after some passes is a loop of as many", Model, Loop, Core,
                   None) {
    cpu::Context ctx{{.threads = 2}};
    const auto   model = trained<Model>(ctx);
    const auto   asked = small_prompts(40);
    const auto   fixed = decode(ctx, model, vocab, asked, {.limit = 12, .run = {.passes = 3}});
    for (const int most : {3, 6}) {
        const auto stopped =
            decode(ctx, model, vocab, asked, {.limit = 12, .run = {.passes = most}}, AfterPasses{3});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CHECK(stopped[i].text == fixed[i].text);
            CHECK(stopped[i].passes == std::vector<int>(std::size_t(stopped[i].tokens), 3));
        }
    }
}

TEST_CASE_TEMPLATE("what is read at once after every pass is what loops of as many passes say", Model, Loop,
                   Core, None) {
    cpu::Context ctx{{.threads = 2}};
    const Model  model{ctx};
    const auto   asked = small_prompts(40);
    const auto   all   = think(ctx, model, vocab, asked, 9, {.passes = 5, .graded = 5});
    for (int passes = 1; passes <= 5; ++passes) {
        const auto alone   = think(ctx, model, vocab, asked, 9, {.passes = passes});
        const auto answers = answer_at_once(ctx, model, vocab, asked, 9, {.passes = passes});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            auto const& thought = all[i][std::size_t(passes - 1)];
            CHECK(answers[i].text == thought.answer.text);
            CHECK(answers[i].ended == thought.answer.ended);
            CHECK(answers[i].tokens == thought.answer.tokens);
            CHECK(answers[i].confidence == thought.answer.confidence);
            CHECK(answers[i].passes.empty());
            REQUIRE(alone[i].size() == 1);
            CHECK(thought.answer.text == alone[i][0].answer.text);
            CHECK(thought.answer.ended == alone[i][0].answer.ended);
            CHECK(thought.reading.pass == passes);
            CHECK(thought.reading.surprisal == alone[i][0].reading.surprisal);
        }
    }
    const int sure = most_confident_pass(all);
    CHECK(sure >= 1);
    CHECK(sure <= 5);
    CHECK_THROWS_AS(think(ctx, model, vocab, asked, 1000), Error);
    CHECK_THROWS_WITH_AS(answer_at_once(ctx, model, vocab, asked, 9, {.dropout = {.rate = 0.5f}}),
                         "read at once: dropout; got 0.5, wanted 0, as nothing is learnt here", Error);
    CHECK_THROWS_AS(answer_at_once(ctx, model, Vocab{"01"}, asked, 9), Error);
}

TEST_CASE_TEMPLATE("a rule chosen while the program runs is that rule, and none is none", Model, Loop, None) {
    cpu::Context ctx{{.threads = 2}};
    const Model  model{ctx};
    const auto   asked = small_prompts(12);
    const auto   same  = [](std::vector<Answer> const& a, std::vector<Answer> const& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Answer const& x, Answer const& y) {
            return x.text == y.text && x.confidence == y.confidence && x.passes == y.passes;
        });
    };
    const AnyExit none, two = AfterPasses{2};
    const auto    options = DecodeOptions{.limit = 9, .run = {.passes = 3}};
    CHECK(same(decode(ctx, model, vocab, asked, options, none), decode(ctx, model, vocab, asked, options)));
    const auto stopped = decode(ctx, model, vocab, asked, options, two);
    CHECK(same(stopped, decode(ctx, model, vocab, asked, options, AfterPasses{2})));
    CHECK(stopped[0].passes == std::vector<int>(stopped[0].passes.size(), 2));
    CHECK(same(answer_at_once(ctx, model, vocab, asked, 9, {.passes = 3}, {}, none),
               answer_at_once(ctx, model, vocab, asked, 9, {.passes = 3})));
    CHECK(answer_at_once(ctx, model, vocab, asked, 9, {.passes = 3}, {}, two)[0].passes ==
          std::vector<int>{2});
    CHECK_THROWS_WITH_AS(settle(none, {Thought{}}, ""), "settle: rule; got none, wanted one", Error);
}

TEST_CASE("prompts of several lengths at one difficulty each have places of their own, as in training") {
    struct Ragged : Reverse {  // of 1 to as many digits as the difficulty says
        Example sample(Rng& rng, int most) const { return Reverse::sample(rng, rng.between(1, most)); }
    };
    // No longer than that: places for the shortest prompt's answer would not fit behind the longest prompt.
    static constexpr Shape exact{.vocab = Reverse::vocab, .context = 14, .width = 16, .heads = 2};
    using Model = Transformer<exact, NoPe, NormBetween<Looped<2, 1, AddInput>>, Gpt>;
    cpu::Context ctx{{.threads = 2}};
    const Model  model{ctx};
    const Ragged task;
    REQUIRE(longest(task, 6) == exact.context - 1);
    const auto    truth  = detail::test_problems(task, ctx.seed(), 6, 70, 0);
    const auto    asked  = detail::prompts_of(truth);
    const auto    places = detail::answer_places(task, 6, asked);
    const auto    all    = answer_at_once(ctx, model, vocab, asked, places);
    std::set<int> lengths(places.begin(), places.end());
    CHECK(lengths.size() == 6);
    int right = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto alone = answer_at_once(ctx, model, vocab, {asked[i]}, places[i])[0];
        CHECK(all[i].text == alone.text);
        CHECK(all[i].tokens == alone.tokens);
        CHECK(all[i].confidence == alone.confidence);
        right += alone.ended && alone.text == truth[i].answer;
    }
    const auto once = [&](auto const&... rule) {
        return evaluate(ctx, model, task, {.from = 6, .to = 6, .each = 70, .answering = Answering::at_once},
                        rule...)
            .at(6)
            .correct;
    };
    CHECK(once() == right);
    CHECK(once(AfterPasses{2}) == right);
    CHECK(study(ctx, model, task, 6, 70, 2).after(2).correct == right);
    CHECK_THROWS_WITH_AS(answer_at_once(ctx, model, vocab, asked, std::vector{3, 4}),
                         "read at once: places; got 2 numbers, wanted 1, or one for each of 70 prompts",
                         Error);
    for (const int places : {-1, Model::shape.context, INT_MAX})  // before any of them is written
        CHECK_THROWS_WITH_AS(answer_at_once(ctx, model, vocab, asked, places),
                             concat("read at once: places after prompt 0; got ", places, ", wanted 0 to ",
                                    Model::shape.context - 1, ", below the model's context")
                                 .c_str(),
                             Error);
    CHECK_THROWS_WITH_AS(answer_at_once(ctx, model, vocab, {""}, 3),
                         "encode_at_once: prompt; got none, wanted at least a token", Error);
}

TEST_CASE_TEMPLATE(
    "a study tells of every rule what a test by it tells, also of rules that ask for the problem", Model,
    Loop, Core) {
    cpu::Context ctx{{.threads = 1}};
    const Model  model{ctx};
    const Study  all  = study(ctx, model, Reverse{}, 4, 20, 6);
    const auto   same = [&](auto const& rule) {
        const Score tested =
            evaluate(ctx, model, Reverse{},
                       {.from = 4, .to = 4, .each = 20, .run = {.passes = 6}, .answering = Answering::at_once},
                       rule)
                .at(4);
        CHECK(all.by(rule).correct == tested.correct);
        CHECK(all.by(rule).passes == doctest::Approx(tested.passes));
        return tested.passes;
    };
    CHECK(same(Oracle{[](std::string_view prompt) { return int(prompt.size()) - 2; }}) == 3);
    same(MostConfident{}), same(StableFor{2}), same(AfterPasses{2});
    CHECK_THROWS_WITH_AS(all.after(7), "Study: pass; got 7, wanted 1 to 6", Error);
    CHECK_THROWS_AS(study(ctx, model, Reverse{}, 4, 20, 0), Error);
    CHECK_THROWS_AS(evaluate(ctx, model, Reverse{}, {.from = 1, .to = 1, .passes = [](int) { return 0; }}),
                    Error);
}
