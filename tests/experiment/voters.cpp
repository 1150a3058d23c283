#include <doctest/doctest.h>

#include <cmath>

#include "rung/curriculum/grow_when_mastered.hpp"
#include "rung/curriculum/shaped.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

using Three = Voters<cpu::Context<>, SmallModel<>>;

Three three(int threads) {
    const cpu::Context like{{.seed = 7, .threads = threads}};
    return make_voters<SmallModel<>>(like, 3);
}

std::vector<std::uint64_t> bits_of(Three& voters) {
    std::vector<std::uint64_t> bits;
    for (auto& voter : voters) bits.push_back(rung_test::bits_of(voter.model().weights()));
    return bits;
}

const TrainOptions short_training{.steps      = 40,
                                  .batch      = 24,
                                  .accumulate = 2,
                                  .peak       = 1e-2,
                                  .test_every = 10,
                                  .test_each  = 16,
                                  .keep_best  = true};

GrowWhenMastered growing() { return GrowWhenMastered{{.limit = 4, .mastery = 0.02}}; }

/// A source that cannot be copied.
struct Endless {
    static constexpr int                      vocab = Reverse::vocab;
    std::unique_ptr<Lesson<Reverse, Uniform>> lesson =
        std::make_unique<Lesson<Reverse, Uniform>>(Reverse{}, Uniform{1, 4});
    Item draw(Rng& rng, int step, Answering answering) const { return lesson->draw(rng, step, answering); }
    int  longest() const { return lesson->longest(); }
};

}  // namespace

TEST_CASE("voters learn together what each would by itself, whatever the threads") {
    auto alone = three(1);
    for (auto& voter : alone) train(voter, Reverse{}, growing(), short_training);
    const auto expected = bits_of(alone);
    CHECK(expected[0] != expected[1]);
    for (const int threads : {1, 2, 3, 7}) {
        auto voters = three(threads);
        train(voters, Reverse{}, growing(), short_training);
        CHECK(bits_of(voters) == expected);
        CHECK(voters[2].context().threads() == threads);
    }
}

TEST_CASE("voters learn from a source that cannot be copied, if it has no tests, and from one of a lambda") {
    const TrainOptions options{.steps = 4, .batch = 24};
    auto               first = three(1), second = three(2), third = three(2);
    train(first, Reverse{}, Uniform{1, 4}, options);
    train(second, Endless{}, options);
    CHECK(bits_of(second) == bits_of(first));
    const double even = 1;
    train(third, Reverse{}, Shaped{1, 4, [even](Difficulty, int) { return even; }}, options);
    CHECK(third[2].steps() == 4);
}

TEST_CASE("what is told of voters that learn together is the mean of them") {
    auto                voters = three(2);
    std::vector<double> means(40);
    Index               tokens = 0;
    for (auto& voter : voters) {
        auto options  = short_training;
        options.watch = [&](StepEvent const& e) {
            means[std::size_t(e.step - 1)] += e.loss / 3, tokens += e.tokens;
        };
        train(voter, Reverse{}, Uniform{1, 4}, options);
    }
    auto again    = three(2);
    auto options  = short_training;
    int  problems = 0;
    options.watch = [&](StepEvent const& e) {
        CHECK(e.loss == doctest::Approx(means[std::size_t(e.step - 1)]));
        tokens -= e.tokens;
        if (e.test)
            for (auto const& score : e.test->scores) problems += score.count;
    };
    double last = train(again, Reverse{}, Uniform{1, 4}, options);
    CHECK(last == doctest::Approx((means[36] + means[37] + means[38] + means[39]) / 4));
    CHECK(tokens == 0);
    CHECK(problems == 4 * 3 * 4 * 16);  // tests, voters, difficulties, each
    CHECK(bits_of(again) == bits_of(voters));
}

TEST_CASE("voters that go on from a state take the steps that were left") {
    struct Memory : Keeper {
        std::vector<std::string> states;
        std::string              from;

        void begin(State const& state) override {
            if (from.empty()) return;
            Archive all(from);
            state(all);
        }
        void step(State const& state, bool) override {
            Archive all;
            state(all);
            states.push_back(all.bytes());
        }
    };
    const auto run = [](Three& voters, std::shared_ptr<Memory> const& memory) {
        auto options  = short_training;
        options.watch = Watch([](StepEvent const&) {}, memory);
        train(voters, Reverse{}, growing(), options);
    };
    auto whole = three(2), other = three(3);
    auto first = std::make_shared<Memory>(), second = std::make_shared<Memory>();
    run(whole, first);
    REQUIRE(first->states.size() == 40);
    second->from = first->states[22];
    run(other, second);
    CHECK(second->states.size() == 17);
    CHECK(second->states.back() == first->states.back());
    CHECK(bits_of(other) == bits_of(whole));
}

TEST_CASE("voters of whom one diverges go back together, and it is said which") {
    struct Memory : Keeper {
        std::string kept, why;
        int         returns = 0;

        void begin(State const& state) override { step(state, false); }
        void step(State const& state, bool) override {
            Archive all;
            state(all);
            kept = all.bytes();
        }
        bool retry(State const& state, int, std::string_view said) override {
            Archive all(kept);
            state(all);
            why = said;
            return ++returns < 2;
        }
    };
    auto       voters  = three(2);
    auto       memory  = std::make_shared<Memory>();
    auto       options = short_training;
    const auto spoil   = [&](StepEvent const& e) {
        if (e.step == 5 && memory->returns == 0)
            for (float& weight : voters[1].model().weights()) weight = std::nanf("");
    };
    options.watch = Watch([&](StepEvent const& e) { spoil(e); }, memory);
    CHECK_THROWS_AS(train(voters, Reverse{}, Uniform{1, 4}, options), Diverged);
    CHECK(memory->returns == 2);  // the state that was kept was spoilt already: once more, and not again
    CHECK(memory->why.find("model 1 of 3: Trainer: step 5") != std::string::npos);
    for (auto& voter : voters) CHECK(voter.steps() == 5);
    CHECK_THROWS_WITH_AS(train(voters, Reverse{}, Uniform{1, 4}, short_training),
                         doctest::Contains("model 1 of 3: "), Diverged);
}

TEST_CASE("the state of more or fewer voters is refused") {
    struct Other : Keeper {
        std::string state_of_two;

        void begin(State const& state) override {
            Archive all(state_of_two);
            state(all);
        }
        void step(State const& state, bool) override {
            Archive all;
            state(all);
            state_of_two = all.bytes();
        }
    };
    struct Fresh : Other {
        void begin(State const&) override {}
    };
    const cpu::Context like{{.threads = 1}};
    auto               two     = make_voters<SmallModel<>>(like, 2);
    auto               fresh   = std::make_shared<Fresh>();
    auto               other   = std::make_shared<Other>();
    TrainOptions       options = {.steps = 2, .batch = 24, .watch = Watch([](StepEvent const&) {}, fresh)};
    train(two, Reverse{}, Uniform{1, 4}, options);
    other->state_of_two = fresh->state_of_two;
    options.watch       = Watch([](StepEvent const&) {}, other);
    auto more           = three(1);
    CHECK_THROWS_WITH_AS(train(more, Reverse{}, Uniform{1, 4}, options), doctest::Contains("got '"), Error);
    CHECK_THROWS_WITH_AS(train(more[0], Reverse{}, Uniform{1, 4}, options), doctest::Contains("2 of them"),
                         Error);
}

TEST_CASE("of voters one diverges: it is said which, the others have learnt, and all can go on") {
    for (const int threads : {1, 2}) {
        auto                                  voters = three(threads);
        constexpr Index                       last   = SmallModel<>::parameters - 1;
        detail::Together<Three::trainer_type> together({&voters[0], &voters[1], &voters[2]});
        const std::vector<Batch>              batches(3, small_batch(0));
        for (const int good : {0, 1}) {  // steps before: with threads shared, and in turn
            voters[1].model().weights()[last] = std::numeric_limits<float>::infinity();
            CHECK_THROWS_WITH_AS(together.step(batches, 1e-3), doctest::Contains("model 1 of 3: "), Diverged);
            CHECK(voters[0].steps() == 2 * good + 1);
            CHECK(voters[1].steps() == good);
            CHECK(voters[2].steps() == 2 * good + 1);
            CHECK_THROWS_WITH_AS(together.step(batches, NAN), doctest::Contains(": rate; got nan"), Error);
            voters[1].model().weights()[last] = 0;
            CHECK(together.step(batches, 1e-3).rows == 3 * batches[0].rows);
        }
    }
}

TEST_CASE("models that have one context take turns, and each is what it is alone") {
    const auto trained = [](bool together) {
        cpu::Context<>                        ctx{{.threads = 2}};
        SmallModel<>                          one{1}, two{2};
        Three::trainer_type                   first{ctx, one}, second{ctx, two};
        detail::Together<Three::trainer_type> both({&first, &second});
        for (std::uint32_t step = 0; step < 4; ++step) {
            const std::vector<Batch> batches{small_batch(step), small_batch(step + 9)};
            if (together) both.step(batches, 1e-3);
            else first.step(batches[0], 1e-3), second.step(batches[1], 1e-3);
        }
        return std::pair{rung_test::bits_of(one.weights()), rung_test::bits_of(two.weights())};
    };
    CHECK(trained(true) == trained(false));
}
