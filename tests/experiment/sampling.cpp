// What training, self-improvement and tests draw, seen from where they meet.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "rung/curriculum/collect.hpp"
#include "rung/curriculum/staged.hpp"
#include "rung/data/apart.hpp"
#include "rung/data/mixture.hpp"
#include "rung/data/number_pairs.hpp"
#include "rung/data/unseen.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// Writes down what is drawn, by the purpose of the stream.
template <class Task>
struct Written : Task {
    struct Log {
        std::mutex                               mutex;
        std::map<Purpose, std::set<std::string>> prompts;
        std::map<Purpose, std::vector<int>>      difficulties;
    };
    std::shared_ptr<Log> log = std::make_shared<Log>();

    Example sample(Rng& rng, int difficulty) const {
        Example                           example = Task::sample(rng, difficulty);
        const std::lock_guard<std::mutex> lock(log->mutex);
        log->prompts[rng.purpose()].insert(example.prompt);
        log->difficulties[rng.purpose()].push_back(difficulty);
        return example;
    }
};

template <class Source>
std::uint64_t trained(Source const& source, int threads) {
    cpu::Context ctx{{.threads = threads}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    train(trainer, source, {.steps = 20, .batch = 24});
    return bits_of(model.weights());
}

}  // namespace

TEST_CASE("what a whole run trains on, labels itself and is tested on are three sets that never meet") {
    const Written<Apart<Reverse>> task;
    cpu::Context                  ctx{{.threads = 2}};
    SmallModel<>                  model{ctx};
    Trainer                       trainer{ctx, model};
    GrowWhenMastered              grow{{.start = 1, .limit = 2, .mastery = 0.1, .review = 1}};
    grow.restore("2 0");
    train(trainer, task, grow, {.steps = 40, .batch = 24, .test_every = 10, .test_each = 20});
    self_improve(trainer, task, grow, NoFilter{},
                 {.rounds = 2, .prompts = 200, .steps = 5, .batch = 24, .test = {.to = 4, .each = 50}});
    evaluate(ctx, model, task, {.to = 4, .each = 100});
    auto&                 prompts = task.log->prompts;
    std::set<std::string> learnt  = prompts[Purpose::training];
    learnt.merge(prompts[Purpose::mixture]);
    auto const& labelled = prompts[Purpose::self_improvement];
    auto const& asked    = prompts[Purpose::evaluation];
    CHECK(learnt.size() > 70);  // of 7 of the 9 problems of one digit and 68 of the 90 of two
    CHECK(labelled.size() > 200);
    CHECK(asked.size() > 100);
    for (auto const& prompt : labelled) CHECK(learnt.count(prompt) + asked.count(prompt) == 0);
    for (auto const& prompt : asked) CHECK(learnt.count(prompt) == 0);
}

TEST_CASE("stages begin at their steps of training, and self-improvement stays in the last one") {
    const Written<Reverse> task;
    cpu::Context           ctx{{.threads = 2}};
    SmallModel<>           model{ctx};
    Trainer                trainer{ctx, model};
    const Staged           staged{{{4, Weighted::uniform(1, 2)}, {8, Weighted::uniform(3, 3)}}};
    train(trainer, task, staged, {.steps = 10, .batch = 12});
    auto const& drawn = task.log->difficulties[Purpose::training];
    REQUIRE(drawn.size() == 120);
    for (std::size_t i = 0; i < drawn.size(); ++i) CHECK((drawn[i] == 3) == (i >= 4 * 12));
    self_improve(trainer, task, staged, NoFilter{},
                 {.rounds = 1, .prompts = 5, .steps = 4, .batch = 12, .test = {.to = 2, .each = 4}});
    for (const int difficulty : task.log->difficulties[Purpose::mixture]) CHECK(difficulty == 3);
    CHECK_FALSE(task.log->difficulties[Purpose::mixture].empty());
}

TEST_CASE(
    "training learns a fixed set, with the same bits for any number of threads, and a test asks others") {
    const auto set = collect(Reverse{}, Uniform{2, 3}, {.count = 60});
    CHECK(trained(set, 1) == trained(set, 3));
    CHECK(trained(collect(Reverse{}, Uniform{2, 3}, {.count = 61}), 1) != trained(set, 1));
    cpu::Context ctx{{.threads = 2}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    CHECK(train(trainer, set, {.steps = 150, .batch = 24, .peak = 1e-2}) < 1);
    const Written<Excluding<Reverse, Problems<Reverse>>> fresh{unseen(Reverse{}, set)};
    CHECK(evaluate(ctx, model, fresh, {.from = 2, .to = 3, .each = 80}).scores.size() == 2);
    for (auto const& prompt : fresh.log->prompts[Purpose::evaluation]) CHECK_FALSE(set.contains(prompt));
    CHECK(evaluate(ctx, model, Listed{set}, {.from = 2, .to = 3, .each = 80}).scores.size() == 2);
    CHECK_THROWS_AS(train(trainer, set, {.steps = 1, .test_every = 1}), Error);
}

TEST_CASE("training learns a mixture, with the same bits for any number of threads") {
    const auto    set = collect(Reverse{}, Uniform{2, 3}, {.count = 60});
    const Mixture mixture{[](int step) {
                              return std::vector<double>{1, step / 10.0};
                          },
                          set, Lesson{Apart{Reverse{}}, Uniform{1, 4}}};
    CHECK(trained(mixture, 1) == trained(mixture, 3));
    CHECK(trained(mixture, 1) != trained(set, 1));
}

TEST_CASE("item i of any source is the same for any number of workers, and is found at once") {
    const auto    set = collect(Reverse{}, Uniform{2, 3}, {.count = 60});
    const Mixture source{
        {1, 2, 3},
        set,
        Lesson{Apart{Reverse{}}, Uniform{1, 12}},
        Lesson{Excluding{Apart{Reverse{}}, Prompts{set.prompts()}},
               Staged{{{5, Weighted::exponential(1, 9, 1.5)}, {9, Weighted::uniform(9, 9)}}}}};
    const auto item = [&](std::uint64_t i) {
        Rng rng(7, Purpose::training, std::uint32_t(i >> 32), std::uint32_t(i));
        return source.draw(rng, int(i % 11), Answering::by_token).tokens;
    };
    const std::uint64_t           far = (std::uint64_t{1} << 52) + 17;
    std::vector<std::vector<int>> alone(4'000);
    for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = item(far + i);
    for (const int threads : {1, 2, 5}) {
        Workers                       workers(threads);
        std::vector<std::vector<int>> all(alone.size());
        workers.run(40, [&](int slice, int) {
            for (std::size_t i = std::size_t(slice); i < all.size(); i += 40) all[i] = item(far + i);
        });
        CHECK(all == alone);
    }
    CHECK(item(far + 3'999) == alone.back());
}
