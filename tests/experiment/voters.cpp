#include <doctest/doctest.h>

#include <atomic>

#include "rung/curriculum/grow_when_mastered.hpp"
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

}  // namespace

TEST_CASE("voters learn together what each would by itself, whatever the threads") {
    auto alone = three(1);
    for (auto& voter : alone) train(voter, Reverse{}, growing(), short_training);
    const auto expected = bits_of(alone);
    CHECK(expected[0] != expected[1]);
    for (const int threads : {1, 2, 3, 7}) {
        auto voters = three(threads);
        auto same   = growing();
        train(voters, Reverse{}, same, short_training);
        CHECK(bits_of(voters) == expected);
        CHECK(same.hardest() == growing().hardest());
        CHECK(same.reached() == growing().reached());  // the voters have copies
        CHECK(voters[2].context().threads() == threads);
    }
}

TEST_CASE("what is told of voters that learn together is the mean of them") {
    auto                                voters = three(2);
    std::vector<double>                 means(40);
    std::vector<std::pair<int, double>> tests;  // problems, right ones
    Index                               tokens = 0;
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

TEST_CASE("what one of several voters throws reaches the caller, and their threads are their own again") {
    auto                                        voters = three(4);
    std::atomic<int>                            steps{0};
    const detail::Together<Three::trainer_type> together({&voters[0], &voters[1], &voters[2]});
    CHECK_THROWS_WITH_AS(together.run([&](int k) {
        ++steps;
        RUNG_CHECK(k == 0, "voter ", k);
    }),
                         "voter 1", Error);
    CHECK(steps == 3);
    std::atomic<int> busy{0}, most{0};
    voters[0].context().for_slices(64, [&](auto&, int) {
        const int now = ++busy;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        --busy;
    });
    CHECK(most > 1);
}
