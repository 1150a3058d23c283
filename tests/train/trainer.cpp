#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

std::uint64_t hash_after(int steps, cpu::Options options, TrainerOptions trainer_options = {}) {
    cpu::Context ctx{options};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model, trainer_options};
    for (int step = 0; step < steps; ++step) trainer.step(small_batch(std::uint32_t(step)), 1e-2);
    return bits_of(model.weights());
}

}  // namespace

TEST_CASE("weights after 20 steps have the same bits for 1, 2 and 3 threads") {
    const auto one = hash_after(20, {.threads = 1});
    CHECK(one == hash_after(20, {.threads = 2}));
    CHECK(one == hash_after(20, {.threads = 3}));
    CHECK(one != hash_after(20, {.seed = 2, .threads = 1}));
}

TEST_CASE("with dropout too") {
    const auto one = hash_after(20, {.threads = 1}, {.dropout = 0.1f});
    CHECK(one == hash_after(20, {.threads = 3}, {.dropout = 0.1f}));
    CHECK(one != hash_after(20, {.threads = 1}));
}

TEST_CASE("the number of slices and pieces changes the order of sums and nothing else") {
    const auto loss_after = [](int slices, Index piece) {
        cpu::Context ctx{{.threads = 2, .slices = slices}};
        SmallModel<> model{ctx};
        Trainer      trainer{ctx, model, {.dropout = 0.1f, .piece = piece}};
        double       loss = 0;
        for (int step = 0; step < 10; ++step)
            loss = trainer.step(small_batch(std::uint32_t(step)), 1e-2).loss;
        return loss;
    };
    const double loss = loss_after(8, 512);
    CHECK(loss_after(1, 512) == doctest::Approx(loss).epsilon(1e-4));
    CHECK(loss_after(3, 20) == doctest::Approx(loss).epsilon(1e-4));
    CHECK(loss_after(64, 1) == doctest::Approx(loss).epsilon(1e-4));
}

TEST_CASE("two accumulated batches are one batch of both") {
    cpu::Context      ctx{{.threads = 2}};
    SmallModel<>      a{ctx}, b{ctx};
    Trainer           apart{ctx, a}, together{ctx, b};
    const Batch       parts[] = {small_batch(0, 10), small_batch(1, 30)};
    const Vocab       vocab{Reverse::alphabet};
    std::vector<Item> items;
    for (auto const& [index, count] : {std::pair{0u, 10}, {1u, 30}})
        for (int i = 0; i < count; ++i) {
            Rng       rng(1, Purpose::training, index, std::uint32_t(i));
            const int difficulty = rng.between(1, 6);
            items.push_back(encode(vocab, Reverse{}.sample(rng, difficulty)));
        }
    const auto one = apart.step(parts, 1e-3),
               two = together.step(pack(items, Grade::answer, small.context), 1e-3);
    CHECK(one.loss == doctest::Approx(two.loss).epsilon(1e-6));
    CHECK(one.gradient == doctest::Approx(two.gradient).epsilon(1e-5));
    CHECK(one.rows == two.rows);
}

TEST_CASE("the first loss of a model without knowledge is that of guessing") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    CHECK(trainer.step(small_batch(0), 0).loss ==
          doctest::Approx(std::log(double(small.vocab))).epsilon(0.02));
}

TEST_CASE("the loss falls") {
    cpu::Context ctx{{.threads = 2}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    const Batch  batch = small_batch(0);
    const double first = trainer.step(batch, 1e-2).loss;
    double       last  = first;
    for (int i = 0; i < 150; ++i) last = trainer.step(batch, 1e-2).loss;
    CHECK(last < first / 4);
    CHECK(trainer.steps() == 151);
}

// Adam's first step does not depend on the gradient's size, unless eps is large beside it: then it is the gradient.
TEST_CASE("clipping scales a gradient down to its bound and leaves a smaller one alone") {
    const auto moved = [](double clip) {
        cpu::Context ctx{{.threads = 1}};
        SmallModel<> model{ctx}, before{ctx};
        Trainer      trainer{ctx, model, {.epsilon = 1e3, .weight_decay = 0, .clip = clip}};
        const double norm   = trainer.step(small_batch(0), 1e3).gradient;
        double       square = 0;
        for (Index i = 0; i < model.weights().size(); ++i)
            square += std::pow(double(model.weights()[i]) - double(before.weights()[i]), 2);
        return std::pair{std::sqrt(square), norm};
    };
    const auto [free, norm] = moved(0);
    CHECK(free == doctest::Approx(norm).epsilon(0.02));
    CHECK(moved(norm / 4).first == doctest::Approx(norm / 4).epsilon(0.02));
    CHECK(moved(norm * 4).first == doctest::Approx(norm).epsilon(0.02));
}

TEST_CASE("a gradient that is not finite is refused and leaves the weights as they were") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    model.weights()[model.weights().size() - 1] = std::numeric_limits<float>::infinity();
    const auto before                           = bits_of(model.weights());
    CHECK_THROWS_AS(trainer.step(small_batch(0), 1e-3), Error);
    CHECK(bits_of(model.weights()) == before);
}

TEST_CASE("senseless options are refused") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK_THROWS_AS((Trainer{ctx, model, {.beta1 = 1}}), Error);
    CHECK_THROWS_AS((Trainer{ctx, model, {.epsilon = 0}}), Error);
    CHECK_THROWS_AS((Trainer{ctx, model, {.dropout = 1.5f}}), Error);
    CHECK_THROWS_AS((Trainer{ctx, model, {.weight_decay = INFINITY}}), Error);
    CHECK_THROWS_WITH_AS((Trainer{ctx, model, {.weight_decay = -1}}),
                         "Trainer: weight_decay; got -1, wanted a finite number of at least 0", Error);
    Trainer trainer{ctx, model};
    CHECK_THROWS_AS(trainer.step(small_batch(0), 1e39), Error);  // finite, but not in single precision
    Trainer heavy{ctx, model, {.weight_decay = 1e42}};
    CHECK_THROWS_AS(heavy.step(small_batch(0), 1e-3), Error);
    CHECK_THROWS_AS((Trainer{ctx, model, {.learnt = -1}}), Error);
}

TEST_CASE("resetting the optimizer forgets the moments and keeps the weights") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx}, fresh{ctx};
    Trainer      trainer{ctx, model};
    for (int i = 0; i < 5; ++i) trainer.step(small_batch(std::uint32_t(i)), 1e-2);
    std::copy(model.weights().begin(), model.weights().end(), fresh.weights().begin());
    Trainer anew{ctx, fresh};
    trainer.reset_optimizer();
    CHECK(bits_of(fresh.weights()) == bits_of(model.weights()));
    trainer.step(small_batch(9), 1e-2), anew.step(small_batch(9), 1e-2);
    CHECK(bits_of(fresh.weights()) == bits_of(model.weights()));
}

TEST_CASE("after the second step training allocates no scratch memory") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    trainer.step(small_batch(0), 1e-2), trainer.step(small_batch(0), 1e-2);
    const auto blocks = ctx.scratch_allocations();
    for (int i = 0; i < 3; ++i) trainer.step(small_batch(0), 1e-2);
    CHECK(ctx.scratch_allocations() == blocks);
    CHECK(ctx.scratch_peak() > 0);
}

TEST_CASE("a batch in which nothing is graded is refused") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    CHECK_THROWS_WITH_AS(trainer.step(std::span<Batch const>{}, 1e-3),
                         "Trainer: graded tokens; got none, wanted at least 1", Error);
}

TEST_CASE("a piece in which nothing is graded adds nothing") {
    const Vocab       vocab{Reverse::alphabet};
    std::vector<Item> items{encode(vocab, {"12=", "21"})}, more = items;
    more.push_back({{Vocab::begin, 5, 6, 7}, 4});  // a prompt alone
    more.push_back({{Vocab::begin, 5, 6, 7, 8, 9, 5, 6}, 8});
    for (const Index piece : {1, 512}) {
        cpu::Context ctx{{.threads = 1}};
        SmallModel<> a{ctx}, b{ctx};
        Trainer      one{ctx, a, {.piece = piece}}, other{ctx, b, {.piece = piece}};
        const auto   alone = one.step(pack(items, Grade::answer, small.context), 1e-3),
                   among   = other.step(pack(more, Grade::answer, small.context), 1e-3);
        CHECK(among.rows == alone.rows + 10);
        CHECK(among.loss == doctest::Approx(alone.loss).epsilon(1e-6));
        CHECK(among.gradient == doctest::Approx(alone.gradient).epsilon(1e-5));
    }
}

TEST_CASE("a smoothed label and a z-loss change what is learnt and not how it is measured") {
    const auto first_and_last = [](TrainerOptions options) {
        cpu::Context ctx{{.threads = 2}};
        SmallModel<> model{ctx};
        Trainer      trainer{ctx, model, options};
        const double first = trainer.step(small_batch(0), 1e-2).loss;
        double       last  = 0;
        for (std::uint32_t step = 1; step < 60; ++step) last = trainer.step(small_batch(step), 1e-2).loss;
        return std::pair(first, last);
    };
    const auto plain = first_and_last({}), smoothed = first_and_last({.label_smoothing = 0.1}),
               small_z = first_and_last({.z_loss = 1e-2});
    CHECK(plain.first == smoothed.first);
    CHECK(plain.first == small_z.first);
    for (auto const& other : {smoothed, small_z}) {
        CHECK(other.second != plain.second);
        CHECK(other.second < 0.95 * other.first);
    }
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    CHECK_THROWS_AS((Trainer{ctx, model, {.label_smoothing = 1}}), Error);
    CHECK_THROWS_AS((Trainer{ctx, model, {.z_loss = -1}}), Error);
}

TEST_CASE("averaged weights are the mean of those after each step, later ones counting more") {
    cpu::Context        ctx{{.threads = 2}};
    SmallModel<>        model{ctx};
    Trainer             trainer{ctx, model, {.ema = 0.9}};
    std::vector<double> sum(static_cast<std::size_t>(SmallModel<>::parameters));
    double              all = 0;
    CHECK_THROWS_AS(trainer.averaged(), Error);
    const auto check = [&](int steps) {
        for (int step = 0; step < steps; ++step) {
            trainer.step(small_batch(std::uint32_t(step)), 1e-2);
            all = 0.9 * all + 1;
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum[i] = 0.9 * sum[i] + double(model.weights()[Index(i)]);
            double most = 0;
            for (std::size_t i = 0; i < sum.size(); ++i)
                most =
                    std::max(most, std::abs(sum[i] / all - double(trainer.averaged().weights()[Index(i)])));
            CHECK(most < 1e-6);
        }
    };
    check(20);
    trainer.reset_optimizer();  // and the mean begins anew
    std::fill(sum.begin(), sum.end(), 0.0), all = 0;
    check(3);
}

TEST_CASE("averaging leaves training alone, and the average answers like any model") {
    CHECK(hash_after(20, {.threads = 2}) == hash_after(20, {.threads = 2}, {.ema = 0.5}));
    cpu::Context ctx{{.threads = 2}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model, {.ema = 0.9}};
    for (std::uint32_t step = 0; step < 60; ++step) trainer.step(small_batch(step), 5e-3);
    const Vocab vocab{Reverse::alphabet};
    CHECK(decode(ctx, trainer.averaged(), vocab, {"123="}, {.limit = 5}).size() == 1);
    CHECK(bits_of(trainer.averaged().weights()) != bits_of(model.weights()));
    CHECK_THROWS_AS((Trainer{ctx, model, {.ema = 1}}), Error);
    CHECK_THROWS_AS((Trainer{ctx, model}.averaged()), Error);
}

TEST_CASE("a trainer whose state is read back goes on as the one that it was written by") {
    cpu::Context ctx{{.seed = 1, .threads = 1}};
    const auto   state_of = [](auto& trainer) {
        Archive all;
        trainer.archive(all);
        return all.bytes();
    };
    const TrainerOptions options{.dropout = 0.1f, .ema = 0.9};
    SmallModel<>         one{ctx}, two{ctx};
    Trainer              first{ctx, one, options}, second{ctx, two, options};
    for (int i = 0; i < 4; ++i) first.step(small_batch(std::uint32_t(i)), 3e-3), first.number_examples(24);
    Archive all(state_of(first));
    second.archive(all);
    all.end();
    for (int i = 4; i < 8; ++i)
        for (auto* trainer : {&first, &second}) trainer->step(small_batch(std::uint32_t(i)), 3e-3);
    CHECK(second.steps() == 8);
    CHECK(second.number_examples(0) == 4 * 24);
    CHECK((state_of(first) == state_of(second)));
    Archive plain(state_of(first));
    Trainer without{ctx, two};
    without.archive(plain);
    CHECK_THROWS_WITH_AS(plain.end(), doctest::Contains("the state of something else"), Error);
}

TEST_CASE("a step in two halves is the step, and one half alone is refused") {
    cpu::Context ctx{{.threads = 2}}, other_ctx{{.threads = 2}};
    SmallModel<> model{ctx}, other{other_ctx};
    Trainer      whole{ctx, model, {.ema = 0.5}}, halves{other_ctx, other, {.ema = 0.5}};
    CHECK_THROWS_WITH_AS(halves.finish(),
                         "Trainer: finish; got no step that was started, wanted start() first", Error);
    const Batch batch = small_batch(0);
    for (int step = 0; step < 3; ++step) {
        const StepResult want = whole.step(batch, 1e-2);
        halves.start({&batch, 1}, 1e-2);
        const std::string where =
            concat("Trainer: step ", step, ": steps under way; got 1, wanted finish() first");
        CHECK_THROWS_WITH_AS(halves.start({&batch, 1}, 1e-2), where.c_str(), Error);
        Archive all;
        CHECK_THROWS_WITH_AS(halves.archive(all), where.c_str(), Error);
        CHECK_THROWS_WITH_AS(halves.reset_optimizer(), where.c_str(), Error);
        CHECK_THROWS_WITH_AS(halves.averaged(), where.c_str(), Error);
        const StepResult got = halves.finish();
        CHECK(got.loss == want.loss);
        CHECK(got.gradient == want.gradient);
        CHECK(got.rows == want.rows);
    }
    CHECK(halves.steps() == 3);
    CHECK(bits_of(other.weights()) == bits_of(model.weights()));
    CHECK(bits_of(halves.averaged().weights()) == bits_of(whole.averaged().weights()));
}

TEST_CASE("two trainers that are started need two contexts") {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> one{1}, two{2};
    Trainer      first{ctx, one}, second{ctx, two};
    const Batch  batch = small_batch(0);
    first.start({&batch, 1}, 1e-2), second.start({&batch, 1}, 1e-2);
    CHECK_THROWS_WITH_AS(
        first.finish(),
        "cpu::Context: step; got 1 of 2, wanted the last (two trainers that were started on one context?)",
        Error);
    CHECK(second.finish().rows == batch.rows);
}
