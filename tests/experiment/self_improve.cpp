#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// Reversal whose answers past `honest` digits are wrong, in length too, for problems that are the same.
struct Corrupted {
    static constexpr std::string_view alphabet = Reverse::alphabet;
    int                               honest   = 1'000;

    Example sample(Rng& rng, int difficulty) const {
        Example example = Reverse{}.sample(rng, difficulty);
        if (difficulty > honest) example.answer = "7";
        return example;
    }
    int longest(int difficulty) const { return Reverse{}.longest(difficulty); }
};

struct Climbed {
    std::uint64_t      bits;
    std::vector<Round> rounds;
};

template <class Filter = LengthFilter>
Climbed climb(Corrupted task, int threads = 2, Filter filter = {}) {
    cpu::Context ctx{{.threads = threads}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    train(trainer, task, Uniform{1, 3}, {.steps = 60, .batch = 24, .peak = 1e-2});
    auto rounds = self_improve(
        trainer, task, Uniform{1, 3}, filter,
        {.rounds = 3, .prompts = 50, .steps = 10, .batch = 24, .peak = 1e-2, .test = {.to = 6, .each = 20}});
    return {bits_of(model.weights()), std::move(rounds)};
}

}  // namespace

TEST_CASE(
    "no true label past the first range is trained on: corrupting them all leaves every weight as it was") {
    const auto honest = climb({}), corrupted = climb({.honest = 3});
    CHECK(honest.bits == corrupted.bits);
    CHECK(climb({.honest = 2}).bits != honest.bits);         // within the range the labels do matter
    CHECK(corrupted.rounds[0].total().labelled_right == 0);  // and the report does look at the truth
}

TEST_CASE("self-improvement has the same bits for any number of threads") {
    CHECK(climb({}, 1).bits == climb({}, 3).bits);
}

TEST_CASE("a round labels the next difficulty, and its counts fit together") {
    int next = 4;
    for (auto const& round : climb({}).rounds) {
        CHECK(round.difficulty == next++);
        const LabelCount sum = round.total();
        CHECK(sum.labelled == 50);
        CHECK(sum.kept <= sum.labelled);
        CHECK(sum.kept_right <= sum.kept);
        CHECK(sum.kept_right <= sum.labelled_right);
        CHECK(round.after.scores.size() == 6);
    }
}

TEST_CASE("a round whose filter keeps nothing trains on what is known") {
    struct Nothing {
        std::vector<bool> operator()(std::vector<Candidate> const& c) const {
            return std::vector<bool>(c.size(), false);
        }
    };
    for (auto const& round : climb({}, 2, Nothing{}).rounds) CHECK(round.total().kept == 0);
}

TEST_CASE("a difficulty that does not fit the context is refused before any work") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    CHECK_THROWS_WITH_AS(
        train(trainer, Reverse{}, Uniform{1, 30}, {.steps = 1}),
        "train: longest sequence at difficulty 30; got 62 tokens, wanted at most 40 (raise Shape::context)",
        Error);
    CHECK_THROWS_AS(self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, {.rounds = 30}), Error);
    CHECK(trainer.steps() == 0);
}

TEST_CASE("a climb begins past what a curriculum has come to, not past where it was going") {
    cpu::Context     ctx{{.threads = 1}};
    SmallModel<>     model{ctx};
    Trainer          trainer{ctx, model};
    GrowWhenMastered grow{{.start = 1, .limit = 6}};
    grow.restore("2 0");
    const ClimbOptions options{
        .rounds = 2, .prompts = 20, .steps = 2, .batch = 8, .test = {.to = 4, .each = 5}};
    const auto rounds = self_improve(trainer, Reverse{}, grow, NoFilter{}, options);
    CHECK(rounds[0].hardest == 2);
    CHECK(rounds[0].difficulty == 3);
    GrowWhenMastered later{{.start = 1, .limit = 6}};  // of a program that goes on
    auto             begun = climb(trainer, Reverse{}, grow, NoFilter{}, options);
    auto             again = climb(trainer, Reverse{}, later, NoFilter{}, options);
    load(again, saved(begun));
    again.advance();
    again.advance();
    while (!again.ended()) again.advance();
    CHECK(again.rounds()[0].difficulty == 3);
}

TEST_CASE("a curriculum grows while it trains, and every test is reported") {
    cpu::Context     ctx{{.threads = 2}};
    SmallModel<>     model{ctx};
    Trainer          trainer{ctx, model};
    GrowWhenMastered grow{{.start = 1, .limit = 3, .mastery = 0.8}};
    int              tests = 0, steps = 0;
    train(trainer, Reverse{}, grow,
          {.steps      = 300,
           .batch      = 24,
           .peak       = 1e-2,
           .test_every = 50,
           .test_each  = 20,
           .watch      = [&](StepEvent const& e) { ++steps, tests += e.test != nullptr; }});
    CHECK(steps == 300);
    CHECK(tests == 6);
    CHECK(grow.reached() > 1);
}

TEST_CASE("keep_best: training ends with the weights of its best test, the first of equals") {
    cpu::Context  ctx{{.threads = 2}};
    SmallModel<>  model{ctx};
    Trainer       trainer{ctx, model};
    double        best = -1, last = -1;
    std::uint64_t bits = 0;
    TrainOptions  options{.steps = 200,
                          .batch = 24,
                          .rate  = [](int step) { return step < 150 ? 1e-2 : 1.0; },  // and then too high
                          .test_every = 25,
                          .test_each  = 20,
                          .keep_best  = true};
    options.watch = [&](StepEvent const& e) {
        if (!e.test) return;
        last = 0;
        for (auto const& score : e.test->scores) last += score.exact_match();
        if (last > best) best = last, bits = bits_of(model.weights());
    };
    train(trainer, Reverse{}, Uniform{1, 2}, options);
    CHECK(last < best);
    CHECK(bits_of(model.weights()) == bits);
    options.test_every = 0;
    CHECK_THROWS_WITH_AS(train(trainer, Reverse{}, Uniform{1, 2}, options),
                         doctest::Contains("keep_best; got test_every 0 of 200 steps, wanted a test"), Error);
}

TEST_CASE("an update of more sequences than anybody can hold is refused in words") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    const auto   refused = [&](int batch, int accumulate) {
        CHECK_THROWS_WITH_AS(
              train(trainer, Reverse{}, Uniform{1, 2}, {.batch = batch, .accumulate = accumulate}),
              concat("train: batch and accumulate; got ", batch, " and ", accumulate,
                     ", wanted at most 1000000 sequences an update")
                  .c_str(),
              Error);
    };
    refused(2'000'000'000, 1), refused(1, 2'000'000'000), refused(100'000, 100'000);
}

TEST_CASE(
    "a learning rate that makes no sense is refused by its name, unless a schedule stands in its place") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    for (const double peak : {-1.0, double(NAN), 1e39})
        CHECK_THROWS_WITH_AS(
            train(trainer, Reverse{}, Uniform{1, 3}, {.steps = 1, .peak = peak}),
            concat("train: peak; got ", peak, ", wanted a finite number of at least 0").c_str(), Error);
    train(trainer, Reverse{}, Uniform{1, 3}, {.steps = 1, .peak = -1, .rate = WarmupCosine{.steps = 1}});
    CHECK(trainer.steps() == 1);
}

namespace {
/// A curriculum that throws what it is shown.
struct Throws : Uniform {
    using Uniform::Uniform;
    void observe(Report const&) const { throw std::runtime_error("my own error"); }
};
}  // namespace

TEST_CASE("what a function of the user's throws is told with the place where it was asked") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    const auto   mine = [](auto const&...) -> double { throw std::runtime_error("my own error"); };
    const auto   says = [&](char const* what, auto const& curriculum, TrainOptions const& options) {
        CHECK_THROWS_WITH_AS(train(trainer, Reverse{}, curriculum, options), doctest::Contains(what), Error);
    };
    says("train: rate of step 0: my own error", Uniform{1, 2}, {.steps = 2, .rate = mine});
    const auto fails = [](StepEvent const&) { fail({"my own error"}); };
    says("watch of step 1: my own error", Uniform{1, 2}, {.steps = 2, .watch = fails});
    says("Throws: observe: my own error", Throws{1, 2}, {.steps = 2, .test_every = 1, .test_each = 1});
    CHECK_THROWS_WITH_AS(
        self_improve(trainer, Reverse{}, Uniform{1, 2}, NoFilter{}, {.prompts = 4, .rate = mine}),
        "self_improve: round 1: rate of step 0: my own error", Error);
    struct Stop : std::runtime_error {
        using std::runtime_error::runtime_error;
    };
    const auto stop = [](StepEvent const&) { throw Stop{"enough"}; };  // perhaps in order to stop
    CHECK_THROWS_AS(train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 2, .watch = stop}), Stop);
}

TEST_CASE("a second look at each step comes after the first, and what it throws is told once") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    std::string  seen;
    const Watch  first = [&](StepEvent const&) { seen += "a"; };
    train(trainer, Reverse{}, Uniform{1, 2},
          {.steps = 2, .watch = first.and_then([&](StepEvent const&) { seen += "b"; })});
    CHECK(seen == "abab");
    const auto fails = [](StepEvent const&) { throw Error("my own error"); };
    CHECK_THROWS_WITH_AS(
        train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 2, .watch = first.and_then(fails)}),
        "watch of step 1: my own error", Error);
}

TEST_CASE("example number i of the training stream is the same whatever was drawn before") {
    CHECK(draw(Reverse{}, Uniform{1, 9}, 1, 77) == draw(Reverse{}, Uniform{1, 9}, 1, 77));
    CHECK(draw(Reverse{}, Uniform{1, 9}, 1, 77) != draw(Reverse{}, Uniform{1, 9}, 2, 77));
    CHECK(draw(Reverse{}, Uniform{1, 9}, 1, 77) != draw(Reverse{}, Uniform{1, 9}, 1, (1ull << 32) + 77));
}

TEST_CASE("a filter that answers for too few candidates is refused") {
    struct Short {
        std::vector<bool> operator()(std::vector<Candidate> const&) const { return {true}; }
    };
    CHECK_THROWS_WITH_AS(climb({}, 1, Short{}),
                         doctest::Contains("Filter: answers; got 1, wanted 50, one per candidate"), Error);
}

TEST_CASE("a second stretch of training goes on with the stream where the first one stopped") {
    const auto bits_after = [](std::vector<int> const& stretches) {
        cpu::Context ctx{{.threads = 1}};
        SmallModel<> model{ctx};
        Trainer      trainer{ctx, model};
        for (const int steps : stretches)
            train(trainer, Reverse{}, Uniform{1, 3},
                  {.steps = steps, .batch = 8, .rate = [](int) { return 1e-3; }});
        return bits_of(model.weights());
    };
    CHECK(bits_after({5, 7}) == bits_after({12}));
}

TEST_CASE("a test of the climb that cannot be asked is refused before any work") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    CHECK_THROWS_AS(self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, {.test = {.to = 40}}), Error);
    CHECK_THROWS_AS(self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, {.steps = 5, .decay = 6}),
                    Error);
    CHECK_THROWS_AS(self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, {.labeller = best_of(0, 1)}),
                    Error);
    CHECK(trainer.steps() == 0);
}

TEST_CASE("a sample longer than its task promises is refused, not cut") {
    struct Liar : Reverse {
        int longest(int difficulty) const { return 2 * difficulty; }
    };
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK_THROWS_WITH_AS(
        evaluate(ctx, model, Liar{}, {.from = 3, .to = 3}),
        "Task: sample of difficulty 3; got 7 characters, wanted at most 6, what its `longest` promises",
        Error);
    CHECK_THROWS_AS(train(ctx, model, Liar{}, Uniform{1, 3}, {.steps = 1}), Error);
}

TEST_CASE("a curriculum that moves on by tests is refused without them") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK_THROWS_WITH_AS(train(ctx, model, Reverse{}, GrowWhenMastered{{.limit = 3}}, {.steps = 1}),
                         "train: test_every; got 0, wanted at least 1, because this curriculum moves on by "
                         "the scores of tests",
                         Error);
}
