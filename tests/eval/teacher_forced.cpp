// One forward pass over prompt and answer says which problems greedy decoding answers exactly.

#include "rung/eval/teacher_forced.hpp"

#include <doctest/doctest.h>

#include "rung/eval/digit_scores.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

using Places = SmallModel<Learned, Stacked<2>, Gpt>;
using Loop   = SmallModel<Rope<>, Looped<2, 1, AddInput>>;
using Core   = SmallModel<Alibi, PreludeCoreCoda<1, 1, 1, 2>, Gemma>;
using Of100  = SmallModel<Randomised<Learned, 100>>;
using Hints  = SmallModel<Abacus<1>>;

/// A model that answers some problems of each difficulty and not others.
template <class Model>
Model half_trained(cpu::Context<>& ctx, Place const& place) {
    Model   model{ctx};
    Trainer trainer{ctx, model};
    for (int step = 0; step < 250; ++step) trainer.step(small_batch(std::uint32_t(step), 24, 3, place), 1e-2);
    return model;
}

template <class Model, class Task>
void check(Task const& task) {
    cpu::Context ctx{{.threads = 2}};
    const auto   model = half_trained<Model>(ctx, place_of(task));
    int          right = 0, wrong = 0;
    for (const int passes : {0, Model::Order::loops ? 3 : 1})
        for (const Opening opening : {Opening::begin, Opening::nothing}) {
            std::vector<bool> decoded, forced;
            EvaluateOptions   options{.to = 5, .each = 60, .run = {.passes = passes}, .opening = opening};
            options.watch = [&](Answered const& a) {
                decoded.push_back(a.answer.ended && a.answer.text == a.truth.answer);
                CHECK(a.right == decoded.back());
            };
            const Report by_token = evaluate(ctx, model, task, options);
            options.watch         = [&](Answered const& a) { forced.push_back(a.right); };
            const Report at_once  = evaluate_teacher_forced(ctx, model, task, options);
            CHECK(decoded == forced);
            for (int n = 1; n <= 5; ++n) CHECK(by_token.at(n).correct == at_once.at(n).correct);
            for (const bool yes : forced) ++(yes ? right : wrong);
        }
    CHECK(right > 50);  // otherwise the test would be of no use
    CHECK(wrong > 50);
}

}  // namespace

TYPE_TO_STRING_AS("NoPE", SmallModel<>);
TYPE_TO_STRING_AS("learned positions, GPT", Places);
TYPE_TO_STRING_AS("RoPE, looped with injection", Loop);
TYPE_TO_STRING_AS("ALiBi, a loop between a prelude and a coda, norms around", Core);
TYPE_TO_STRING_AS("drawn positions", Of100);

TEST_CASE_TEMPLATE("teacher forcing is right about a problem exactly where greedy decoding is", Model,
                   SmallModel<>, Places, Loop, Core, Of100) {
    check<Model>(Reverse{});
}
TEST_CASE("so it is with ids that the task names") { check<Hints>(Numbered{}); }

TEST_CASE("what is said under teacher forcing: digits are judged each after a right beginning") {
    cpu::Context ctx{{.threads = 1}};
    const auto   model = half_trained<Places>(ctx, {});
    const Vocab  vocab{Reverse::alphabet};
    DigitScores  digits{Reverse{}};
    const Report report =
        evaluate_teacher_forced(ctx, model, Reverse{}, {.to = 5, .each = 60, .watch = std::ref(digits)});
    for (int n = 1; n <= 5; ++n)
        for (auto const& score : digits.of_length(n).scores) {
            CHECK(score.count == 60);
            CHECK(score.correct >= report.at(n).correct);
        }
    CHECK_THROWS_AS(teacher_forced(ctx, model, vocab, {}), Error);
    CHECK_THROWS_AS(teacher_forced(ctx, model, vocab, {{"1=", "1"}}, {.temperature = 1}), Error);
    CHECK_THROWS_AS(teacher_forced(ctx, model, vocab, {{"1=", "123"}}, {.limit = 3}), Error);
    CHECK_THROWS_AS(teacher_forced(ctx, model, Vocab{"01"}, {{"1", "1"}}), Error);
}
