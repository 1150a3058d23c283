// Training steps that are started before earlier ones are finished: what comes of them is what comes of one at a time. On
// an emulated GPU, which does all as late as it may, or on a real one.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/emulated.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

/// A model that learns on a GPU of its own.
template <class Real = float>
struct Pupil {
    using Context = cuda::Context<Real>;

    explicit Pupil(TrainerOptions const& options = {}) : trainer(ctx, model, options) {}

    Context                        ctx{{.seed = 7}};
    SmallModel<>                   model{ctx};
    Trainer<Context, SmallModel<>> trainer;
};

constexpr int ahead = Pupil<>::Context::ahead;

std::uint64_t bits_of(auto& pupil) { return rung_test::bits_of(pupil.model.weights()); }

/// Keeps the state every fifth step, and after another that was asked for.
struct FifthSteps : Keeper {
    explicit FifthSteps(auto& pupil) : under_way([&pupil] { return pupil.trainer.under_way(); }) {}

    std::function<int()>     under_way;
    std::vector<std::string> kept;
    int                      steps = 0, retries = 0, begin_with = -1;

    void begin(State const& state) override {
        if (begin_with >= 0) read(state, kept[std::size_t(begin_with)]);
    }
    void step(State const& state, bool done) override {
        CHECK(under_way() == 0);
        if (++steps % 5 != 0 && !done) return;
        Archive all;
        all(steps), state(all);
        kept.push_back(all.bytes());
    }
    void pass() override { ++steps; }
    bool due(int more) override { return (steps + more) % 5 == 0; }
    bool retry(State const& state, int, std::string_view) override {
        if (++retries > 1) return false;
        read(state, kept.back());
        return true;
    }
    void read(State const& state, std::string const& bytes) {
        Archive all(bytes);
        all(steps), state(all), all.end();
    }
};

}  // namespace

TEST_CASE_TEMPLATE("steps that are started ahead of those that are finished have the bits of one at a time",
                   Real, float, bf16) {
    const TrainerOptions options{.dropout = 0.1f, .ema = 0.9};
    Pupil<Real>          alone(options), pupil(options);
    const auto           batches = [](int step) {  // of several sizes, some in two parts
        std::vector<Batch> parts{small_batch(std::uint32_t(step % 2), 6 + 5 * (step % 2), 6)};
        if (step % 3 == 0) parts.push_back(small_batch(std::uint32_t(step + 100), 9, 6));
        return parts;
    };
    for (int step = 0; step < 12 + ahead; ++step) {
        if (step < 12) pupil.trainer.start(batches(step), 1e-3 * (1 + step));
        if (step < ahead - 1) continue;
        const int done = step - ahead + 1;
        if (done > 12 - 1) break;
        CHECK(pupil.trainer.under_way() == std::min(ahead, 12 - done));
        const StepResult got  = pupil.trainer.finish(),
                         want = alone.trainer.step(batches(done), 1e-3 * (1 + done));
        CHECK(got.loss == want.loss);
        CHECK(got.gradient == want.gradient);
        CHECK(got.rows == want.rows);
    }
    CHECK(pupil.trainer.steps() == 12);
    CHECK(bits_of(pupil) == bits_of(alone));
    CHECK(rung_test::bits_of(pupil.trainer.averaged().weights()) ==
          rung_test::bits_of(alone.trainer.averaged().weights()));
    CHECK((pupil.ctx.replays() > 4 || !cuda::knows_calls));
}

TEST_CASE("the GPU is not waited for before as many steps are under way as may be, and no more can be") {
    Pupil<>     pupil;
    const Batch batch = small_batch(0);
    pupil.trainer.step(batch, 1e-3);
    for (int i = 0; i < ahead; ++i) pupil.trainer.start({&batch, 1}, 1e-3);
    const auto weights = [&] { return emulated::gpu() ? bits_of(pupil) : 0; };  // a real GPU is at work
    const auto undone  = weights();
    pupil.trainer.finish();
    const auto first = weights();
    CHECK((first != undone || !emulated::gpu()));
    pupil.trainer.start({&batch, 1}, 1e-3);
    CHECK(weights() == first);
    const std::string why =
        concat("Trainer: step 2: steps under way; got ", ahead, ", wanted finish() first");
    CHECK_THROWS_WITH_AS(pupil.trainer.start({&batch, 1}, 1e-3), why.c_str(), Error);
    while (pupil.trainer.under_way() > 0) pupil.trainer.finish();
    CHECK(pupil.trainer.steps() == 2 + ahead);
}

TEST_CASE("trainers of one GPU may start as many steps in all, each told of its own") {
    cuda::Context<> ctx;
    SmallModel<>    one{ctx}, two{ctx};
    Trainer         first{ctx, one}, second{ctx, two};
    const Batch     a = small_batch(0), b = small_batch(1, 9);
    first.start({&a, 1}, 1e-3), second.start({&b, 1}, 1e-3);
    CHECK(second.finish().rows == b.rows);
    CHECK(first.finish().rows == a.rows);
    first.start({&a, 1}, 1e-3);
    for (int i = 0; i < ahead; ++i) second.start({&b, 1}, 1e-3);
    CHECK_THROWS_WITH_AS(first.finish(), doctest::Contains("two trainers that were started on one context?"),
                         Error);
    for (int i = 0; i < ahead; ++i) CHECK(second.finish().rows == b.rows);
    SmallModel<> alone{
        ctx};  // nobody is told of it, but that step was taken, from what had been uploaded for it
    Trainer third{ctx, alone};
    third.step(a, 1e-3), third.step(a, 1e-3);
    CHECK(first.steps() == 2);
    CHECK(first.step(b, 1e-3).loss == third.step(b, 1e-3).loss);
    CHECK(rung_test::bits_of(one.weights()) == rung_test::bits_of(alone.weights()));
}

TEST_CASE("a step that cannot be started leaves those that are under way as they are") {
    Pupil<>     pupil({.dropout = 0.1f}), alone({.dropout = 0.1f});
    const Batch batch = small_batch(0);
    Batch       wrong = batch;
    wrong.tokens[0]   = 10'000;
    for (int i = 0; i < 6; ++i) {
        while (pupil.trainer.under_way() < ahead - 1) pupil.trainer.start({&batch, 1}, 1e-3);
        CHECK_THROWS_WITH_AS(pupil.trainer.start({&wrong, 1}, 1e-3),
                             doctest::Contains("embed: ids; got 0 to 10000"), Error);
        pupil.trainer.start({&batch, 1}, 1e-3);
        for (int k = 0; k < 1 + i % 2; ++k)
            CHECK(pupil.trainer.finish().loss == alone.trainer.step(batch, 1e-3).loss);
    }
    while (pupil.trainer.under_way() > 0) pupil.trainer.finish(), alone.trainer.step(batch, 1e-3);
    CHECK(pupil.trainer.steps() == alone.trainer.steps());
    CHECK(bits_of(pupil) == bits_of(alone));
}

TEST_CASE("a step that threw before its batch was read leaves no call that reads a model which is gone") {
    cuda::Context<bf16> gpu;
    const Batch         batch = small_batch(0);
    Batch               wrong = batch;
    wrong.passes.assign(std::size_t(batch.count), 2);  // of layers that run once
    {
        SmallModel<> model{gpu};
        Trainer      trainer{gpu, model};
        CHECK_THROWS_AS(trainer.step(wrong, 1e-3), Error);
    }
    const auto weights = [&](auto& ctx) {
        SmallModel<> model{ctx};
        Trainer      trainer{ctx, model};
        trainer.step(batch, 1e-3);
        return rung_test::bits_of(model.weights());
    };
    cuda::Context<bf16> other;
    CHECK(weights(gpu) == weights(other));
}

TEST_CASE("a step that failed and was lost does not keep later ones from learning") {
    cuda::Context<> ctx;
    SmallModel<>    one{ctx}, two{ctx};
    Trainer         first{ctx, one}, second{ctx, two};
    const Batch     batch = small_batch(0);
    first.step(batch, 1e38);         // leaves weights that are no use
    first.start({&batch, 1}, 1e-3);  // diverges
    for (int i = 0; i < ahead; ++i) second.start({&batch, 1}, 1e-3);
    CHECK_THROWS_AS(first.finish(), Error);
    for (int i = 0; i < ahead; ++i) second.finish();
    std::copy_n(two.weights().begin(), two.weights().size(), one.weights().begin());
    first.reset_optimizer();
    const auto before = rung_test::bits_of(one.weights());
    first.step(batch, 1e-3);
    CHECK(rung_test::bits_of(one.weights()) != before);
}

TEST_CASE("examples of steps that nobody was told of are not drawn again") {
    const auto after_a_spike = [](bool looks) {
        Pupil<>    pupil;
        const auto spike = [](StepEvent const& e) {
            if (e.step == 8) throw Diverged("a spike");
        };
        CHECK_THROWS_AS(train(pupil.trainer, Reverse{}, Uniform{1, 5},
                              {.steps = 20, .batch = 4, .watch = Watch(spike, nullptr, looks)}),
                        Diverged);
        CHECK(pupil.trainer.number_examples(0) == std::uint64_t(4 * pupil.trainer.steps()));
        return pupil.trainer.steps();
    };
    CHECK(after_a_spike(true) == 8);
    CHECK(after_a_spike(false) == 8 + ahead - 1);
}

TEST_CASE("a step that diverges takes those that were started after it with it, and the model can go on") {
    Pupil<>     pupil({.ema = 0.5}), alone({.ema = 0.5});
    const Batch batch   = small_batch(0);
    const float rates[] = {1e-3f, 1e38f, 1e-3f, 1e-3f};  // the second leaves weights that are no use
    for (const float rate : rates) pupil.trainer.start({&batch, 1}, rate);
    for (int i = 0; i < 2; ++i) {
        CHECK(pupil.trainer.finish().loss == alone.trainer.step(batch, rates[i]).loss);
    }
    CHECK_THROWS_WITH_AS(pupil.trainer.finish(), doctest::Contains("Trainer: step 2: gradient norm"),
                         Diverged);
    CHECK(pupil.trainer.under_way() == 0);
    CHECK(pupil.trainer.steps() == 2);
    CHECK(bits_of(pupil) == bits_of(alone));
    CHECK(rung_test::bits_of(pupil.trainer.averaged().weights()) ==
          rung_test::bits_of(alone.trainer.averaged().weights()));
    for (auto* each : {&pupil, &alone}) {
        const SmallModel<> fresh{each->ctx};
        std::copy_n(fresh.weights().begin(), fresh.weights().size(), each->model.weights().begin());
        each->trainer.reset_optimizer();
    }
    CHECK(pupil.trainer.step(batch, 1e-3).loss == alone.trainer.step(batch, 1e-3).loss);
    CHECK(bits_of(pupil) == bits_of(alone));
}

TEST_CASE(
    "training runs ahead of a watch that looks at no model, and of none that does, and nothing else "
    "differs") {
    const auto trained = [](bool looks, std::vector<double>& losses) {
        Pupil<> pupil;
        int     most = 0;
        train(pupil.trainer, Reverse{}, GrowWhenMastered{{.start = 1, .limit = 6, .mastery = 0.1}},
              {.steps      = 24,
               .batch      = 12,
               .peak       = 1e-2,
               .test_every = 8,
               .test_each  = 8,
               .keep_best  = true,
               .watch      = Watch(
                   [&](StepEvent const& e) {
                       most = std::max(most, pupil.trainer.under_way());
                       losses.insert(losses.end(), {e.loss, e.gradient, e.rate, double(e.tokens)});
                       CHECK((e.test != nullptr) == (e.step % 8 == 0));
                       if (e.step % 8 == 0) CHECK(pupil.trainer.under_way() == 0);
                   },
                   nullptr, looks)});
        CHECK(most == (looks ? 0 : ahead - 1));
        return bits_of(pupil);
    };
    std::vector<double> watched, ahead_of;
    CHECK(trained(true, watched) == trained(false, ahead_of));
    CHECK(watched == ahead_of);
    CHECK(watched.size() == 4 * 24);
}

TEST_CASE(
    "a state that is kept while steps run ahead is that of its step: a run goes on from it to the same "
    "bits") {
    const TrainOptions options{.steps = 18, .batch = 12};
    const auto         with = [&](Pupil<>& pupil, std::shared_ptr<FifthSteps> const& keeper, bool looks) {
        TrainOptions own = options;
        own.watch        = Watch([](StepEvent const&) {}, keeper, looks);
        train(pupil.trainer, Reverse{}, Uniform{1, 5}, own);
        return bits_of(pupil);
    };
    Pupil<>    slow, fast, again;
    const auto one_by_one = std::make_shared<FifthSteps>(slow), ahead_of = std::make_shared<FifthSteps>(fast);
    const auto wanted = with(slow, one_by_one, true);
    CHECK(with(fast, ahead_of, false) == wanted);
    CHECK(ahead_of->kept.size() == 4);  // of 5, 10, 15 and 18 steps
    CHECK((ahead_of->kept == one_by_one->kept));
    const auto resumed  = std::make_shared<FifthSteps>(again);
    resumed->kept       = ahead_of->kept;
    resumed->begin_with = 1;
    CHECK(with(again, resumed, false) == wanted);
    CHECK(again.trainer.steps() == 18);
}

TEST_CASE("a retry after a spike that is seen when later steps are under way is that of one step at a time") {
    const auto trained = [](bool looks) {
        Pupil<>    pupil;
        const auto keeper = std::make_shared<FifthSteps>(pupil);
        int        spikes = 0, told = 0;
        train(pupil.trainer, Reverse{}, Uniform{1, 5},
              {.steps = 14,
               .batch = 12,
               .watch = Watch(
                   [&](StepEvent const& e) {
                       ++told;
                       if (e.step == 8 && spikes++ == 0) throw Diverged("a spike");
                   },
                   keeper, looks)});
        CHECK(keeper->retries == 1);
        CHECK(told == 14 + 3);  // 6, 7 and 8 twice
        return bits_of(pupil);
    };
    CHECK(trained(true) == trained(false));
}

TEST_CASE("a climb's training runs ahead of its watch, with the same bits and states") {
    const auto climbed = [](bool looks, std::vector<std::string>& states) {
        Pupil<>    pupil;
        const auto keeper = std::make_shared<FifthSteps>(pupil);
        int        most   = 0;
        train(pupil.trainer, Reverse{}, Uniform{1, 3}, {.steps = 20, .batch = 12, .peak = 1e-2});
        const auto rounds = self_improve(
            pupil.trainer, Reverse{}, Uniform{1, 3}, NoFilter{},
            {.rounds     = 2,
             .prompts    = 24,
             .steps      = 12,
             .batch      = 12,
             .test_every = 0,
             .watch      = Watch([&](StepEvent const&) { most = std::max(most, pupil.trainer.under_way()); },
                            keeper, looks)});
        CHECK(most == (looks ? 0 : ahead - 1));
        states = keeper->kept;
        return std::tuple(bits_of(pupil), rounds[1].loss, rounds[1].flops, rounds[1].tokens);
    };
    std::vector<std::string> one_by_one, ahead_of;
    CHECK((climbed(true, one_by_one) == climbed(false, ahead_of)));
    CHECK(one_by_one.size() > 4);
    CHECK((one_by_one == ahead_of));
}

TEST_CASE("a climb that is driven by hand has a state after every piece") {
    Pupil<> pupil;
    auto    engine = climb(pupil.trainer, Reverse{}, Uniform{1, 3}, NoFilter{},
                           {.rounds = 1, .prompts = 12, .steps = 6, .batch = 12, .test_every = 0});
    while (!engine.ended()) {
        engine.advance();
        CHECK(engine.at_rest());
        Archive all;
        engine.archive(all);
    }
}
