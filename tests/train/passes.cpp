// How often loops run in training: the rules, and steps whose sequences, batches or passes differ.

#include <doctest/doctest.h>

#include "rung/eval/inspect.hpp"
#include "rung/model/depth/adaptors.hpp"
#include "rung/task/parity.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

using Loop = SmallModel<NoPe, NormBetween<Looped<3, 1, AddInput>>, Gpt>;

/// Bits of the weights after a few steps.
std::uint64_t bits_after(TrainerOptions const& options, std::vector<Batch> const& batches, int threads = 1) {
    cpu::Context ctx{{.threads = threads}};
    Loop         model{ctx};
    Trainer      trainer{ctx, model, options};
    for (int i = 0; i < 3; ++i) trainer.step(batches, 1e-3);
    return bits_of(model.weights());
}
Batch with_passes(Batch batch, int first, int step) {
    for (int b = 0; b < batch.count; ++b) batch.passes.push_back(first + b / 4 * step);
    return batch;
}

}  // namespace

TEST_CASE("passes that batches ask for are those that the trainer could ask for") {
    const Batch batch = small_batch(0);
    CHECK(bits_after({.passes = 5}, {batch}) == bits_after({}, {with_passes(batch, 5, 0)}));
    CHECK(bits_after({}, {batch}) != bits_after({}, {with_passes(batch, 5, 0)}));
    CHECK(bits_after({}, {with_passes(batch, 1, 1)}, 1) == bits_after({}, {with_passes(batch, 1, 1)}, 3));
    CHECK(bits_after({}, {with_passes(batch, 1, 1)}) ==
          bits_after({.states = 1}, {with_passes(batch, 1, 1)}));
}

TEST_CASE("the gradient of sequences that loop unlike each other is the sum of theirs") {
    cpu::Context ctx{{.threads = 1}};
    const Batch  both     = with_passes(small_batch(0, 8), 1, 3);
    const auto   gradient = [&](std::vector<Batch> const& batches, TrainerOptions const& options = {}) {
        Loop    model{ctx};
        Trainer trainer{ctx, model, options};
        return trainer.step(batches, 0).gradient;
    };
    const auto part = [&](int first, int passes) {  // of the batch, by itself
        Batch some = both;
        some.passes.assign(8, passes);
        for (int b = 0; b < 8; ++b)
            if ((b < 4) != (first == 0))
                for (int t = 0; t < some.longest; ++t) {
                    int& target = some.targets[std::size_t(b * some.longest + t)];
                    some.graded -= target >= 0, target = -1;
                }
        return some;
    };
    CHECK(gradient({both}) == doctest::Approx(gradient({part(0, 1), part(4, 4)})).epsilon(1e-5));
    CHECK(gradient({both}) != doctest::Approx(gradient({part(0, 1), part(4, 1)})).epsilon(1e-3));
    // Of each, the last passes.
    for (const int learnt : {1, 2, 3})
        for (const int states : {0, 2}) {
            const TrainerOptions some{.learnt = learnt, .states = states};
            CHECK(gradient({both}, some) ==
                  doctest::Approx(gradient({part(0, 1), part(4, 4)}, some)).epsilon(1e-5));
            CHECK(gradient({both}, some) != doctest::Approx(gradient({both})).epsilon(1e-4));
        }
    CHECK(gradient({both}, {.learnt = 4}) == gradient({both}));
    CHECK_THROWS_WITH_AS(
        gradient({both}, {.graded = 2}),
        "Trainer: step 0: passes of a batch, and graded; got 1 to 4, and 2, wanted one number of "
        "passes, and at most as many graded (or graded 1)",
        Error);
}

TEST_CASE("sequences of a batch start at random unlike each other, the same for any number of threads") {
    using Random      = SmallModel<NoPe, StartFrom<Start::random, Looped<3, 1, AddInput>>, Gpt>;
    const auto result = [](int count, int threads) {
        const Item   one = encode(Vocab{Reverse::alphabet}, {"123=", "321"});
        cpu::Context ctx{{.threads = threads}};
        Random       model{ctx};
        Trainer      trainer{ctx, model};
        const double loss =
            trainer.step(pack(std::vector<Item>(std::size_t(count), one), Grade::answer, small.context), 1e-3)
                .loss;
        return std::pair{loss, bits_of(model.weights())};
    };
    CHECK(result(9, 1) == result(9, 3));
    CHECK(result(2, 1).first != result(1, 1).first);
}

TEST_CASE("states that are kept instead of activations change no bit of training") {
    const Batch batch = small_batch(0);
    const auto  kept  = bits_after({.dropout = 0.1f, .passes = 7}, {batch});
    for (const int states : {1, 3})
        CHECK(bits_after({.dropout = 0.1f, .passes = 7, .states = states}, {batch}) == kept);
}

TEST_CASE("a batch that weighs nothing changes nothing, and one that weighs all is the only one") {
    Batch one = small_batch(0), other = small_batch(1);
    other.weight = 0;
    cpu::Context ctx{{.threads = 1}};
    Loop         model{ctx}, alone{ctx};
    Trainer      a{ctx, model}, b{ctx, alone};
    const auto   both = a.step(std::vector{one, other}, 1e-3), single = b.step(one, 1e-3);
    CHECK(both.loss == single.loss);
    CHECK(both.gradient == single.gradient);
}

TEST_CASE("the loss over the last passes is the mean of theirs") {
    cpu::Context ctx{{.threads = 1}};
    const Batch  batch = small_batch(0);
    const auto   loss  = [&](TrainerOptions const& options) {
        Loop model{ctx};
        return Trainer{ctx, model, options}.step(batch, 0).loss;
    };
    const double mean = (loss({.passes = 4}) + loss({.passes = 3}) + loss({.passes = 2})) / 3;
    CHECK(loss({.passes = 4, .graded = 3}) == doctest::Approx(mean).epsilon(1e-6));
    CHECK_THROWS_AS(loss({.passes = 4, .learnt = 2, .graded = 3}), Error);
    using Coda = SmallModel<NoPe, PreludeCoreCoda<0, 1, 1, 3>>;
    Coda       coda{ctx};
    const auto graded = [&] { Trainer trainer{ctx, coda, {.graded = 2}}; };
    CHECK_THROWS_WITH_AS(
        graded(),
        "Trainer: graded; got 2, wanted 1, because there are layers between the loop and the logits", Error);
}

TEST_CASE("passes that cannot be graded together are refused before the first step") {
    cpu::Context ctx{{.threads = 1}};
    Loop         model{ctx};
    Trainer      trainer{ctx, model, {.graded = 2}};
    const auto   refused = [&](TrainOptions const& options) -> std::string {
        try {
            train(trainer, Reverse{}, Uniform{1, 4}, options);
        } catch (Error const& error) {
            CHECK(trainer.steps() == 0);
            return error.what();
        }
        return "";
    };
    const std::string wanted =
        ", and 2, wanted one number of passes, and at most as many graded (or graded 1)";
    CHECK(refused({.steps = 1, .passes = PassesByDifficulty{.more = 2}}) ==
          "Trainer: step 0: passes of a batch, and graded; got 3 to 6" + wanted);
    CHECK(refused({.steps = 1, .passes = UniformPasses{1, 1}}) ==
          "Trainer: step 0: passes of a batch, and graded; got 1 to 1" + wanted);
    CHECK(refused({.steps = 1, .progressive = 0.5}) ==
          "train: progressive and TrainerOptions::graded; got 0.5 and 2, wanted progressive 0 or graded 1, "
          "because a "
          "progressive loss may learn from a single pass");
    CHECK(refused({.steps = 1, .passes = UniformPasses{2, 5}}) == "");
}

TEST_CASE("rules of passes") {
    const auto at = [](int step, int difficulty = 5) {
        return Occasion{difficulty, step, Rng(1, Purpose::passes, std::uint32_t(step))};
    };
    CHECK(PassesByDifficulty{}(at(0)) == 5);
    CHECK(PassesByDifficulty{.each = 2, .more = 1}(at(0)) == 11);
    CHECK(GrowingPasses{2, 6, 10}(at(9)) == 2);
    CHECK(GrowingPasses{2, 6, 10}(at(10)) == 3);
    CHECK(GrowingPasses{2, 6, 10}(at(1000)) == 6);
    double    uniform = 0, poisson = 0, square = 0;
    int       least = 99, most = 0;
    const int steps = 4000;
    for (int step = 0; step < steps; ++step) {
        const int u = UniformPasses{2, 6}(at(step)), p = PoissonPasses{.mean = 8}(at(step));
        CHECK(u == UniformPasses{2, 6}(at(step, 9)));  // the step's, whatever the example
        least = std::min(least, u), most = std::max(most, u);
        uniform += u, poisson += p, square += double(p) * p;
    }
    CHECK(least == 2);
    CHECK(most == 6);
    CHECK(uniform / steps == doctest::Approx(4).epsilon(0.03));
    CHECK(poisson / steps == doctest::Approx(9).epsilon(0.03));
    // Poisson of a log-normal rate: mean + variance of the rate, 64 (e^0.25 - 1).
    const double variance = square / steps - poisson / steps * (poisson / steps);
    CHECK(variance == doctest::Approx(8 + 64 * (std::exp(0.25) - 1)).epsilon(0.1));
}

TEST_CASE("rules of passes that make no sense are refused where they are asked first") {
    const auto refused = [](auto const& rule) -> std::string {
        try {
            return std::to_string(rule({5, 3, Rng(1, Purpose::passes)}));
        } catch (Error const& error) {
            return error.what();
        }
    };
    CHECK(refused(UniformPasses{0, 4}) == "UniformPasses: from and to; got 0 and 4, wanted 1 <= from <= to");
    CHECK(refused(UniformPasses{5, 2}) == "UniformPasses: from and to; got 5 and 2, wanted 1 <= from <= to");
    CHECK(refused(GrowingPasses{0, 2, 1}) ==
          "GrowingPasses: from and to; got 0 and 2, wanted 1 <= from <= to");
    CHECK(refused(GrowingPasses{1, 2, 0}) == "GrowingPasses: every; got 0, wanted at least 1");
    CHECK(refused(PoissonPasses{-1}) == "PoissonPasses: mean; got -1, wanted a finite number of at least 0");
    CHECK(refused(PoissonPasses{8, -1}).find("sigma; got -1") != std::string::npos);
    CHECK(refused(PoissonPasses{8, 1, 0}).find("most; got 0") != std::string::npos);
    CHECK(refused(PoissonPasses{0}) == "1");
    cpu::Context ctx{{.threads = 1}};
    Loop         model{ctx};
    Trainer      trainer{ctx, model};
    CHECK_THROWS_WITH_AS(
        train(trainer, Reverse{}, Uniform{1, 4}, {.steps = 1, .passes = UniformPasses{5, 2}}),
        "UniformPasses: from and to; got 5 and 2, wanted 1 <= from <= to", Error);
    CHECK(trainer.steps() == 0);
}

TEST_CASE("a loop learns parity of short strings, each read at once after as many passes as it is long") {
    constexpr Shape shape{.vocab = Parity::vocab, .context = 16, .width = 32, .heads = 4};
    struct Style : GptStyle<Bias::everywhere, Embeddings::separate> {
        static InitScale init(int) { return {0.1, 1.0}; }
    };
    using Model = Transformer<shape, NoPe, NormBetween<Looped<4, 1, AddInput>>, Style>;
    cpu::Context ctx;
    Model        model{ctx};
    train(ctx, model, Parity{}, Uniform{1, 4},
          {.steps       = 300,
           .batch       = 64,
           .peak        = 3e-3,
           .answering   = Answering::at_once,
           .passes      = PassesByDifficulty{},
           .progressive = 0.2});
    const auto report =
        evaluate(ctx, model, Parity{},
                 {.to = 4, .each = 64, .passes = PassesByDifficulty{}, .answering = Answering::at_once});
    for (auto const& score : report.scores) CHECK(score.exact_match() == 1);
    // By a rule: the report says how many passes it took.
    const auto surest = evaluate(ctx, model, Parity{},
                                 {.from = 4, .to = 4, .run = {.passes = 8}, .answering = Answering::at_once},
                                 MostConfident{});
    CHECK(surest.at(4).passes >= 1);
    CHECK(surest.at(4).passes <= 8);
    const Study all = study(ctx, model, Parity{}, 4, 64, 4);
    for (std::size_t i = 0; i < all.truth.size(); ++i)
        CHECK(all.thoughts[i][3].answer.text == all.truth[i].answer);
}

TEST_CASE("layers that run once are not run again: passes of a stack are refused") {
    cpu::Context                              ctx{{.threads = 1}};
    SmallModel<>                              stack{ctx};
    SmallModel<NoPe, NormBetween<Stacked<2>>> normed{ctx};
    const char*                               refused =
        "Run: passes; got 5, wanted 1, or 0, because the layers of this model run once "
        "(make it Looped<passes, layers>)";
    const DecodeOptions once{.limit = 5, .run = {.passes = 1}}, often{.limit = 5, .run = {.passes = 5}};
    const auto          text = decode(ctx, stack, Reverse{}, {"12="}, {.limit = 5})[0].text;
    CHECK(decode(ctx, stack, Reverse{}, {"12="}, once)[0].text == text);
    CHECK_THROWS_WITH_AS(decode(ctx, stack, Reverse{}, {"12="}, often), refused, Error);
    CHECK_THROWS_WITH_AS(decode(ctx, normed, Reverse{}, {"12="}, often), refused, Error);
    CHECK_THROWS_WITH_AS(decode(ctx, stack, Reverse{}, {"12="}, often, StableFor{2}), refused, Error);
    CHECK_THROWS_WITH_AS(answer_at_once(ctx, stack, Reverse{}, {"12="}, 4, {.passes = 5}), refused, Error);
    CHECK_THROWS_WITH_AS(inspect(ctx, stack, Reverse{}, "12=", {.passes = 5}), refused, Error);
    CHECK_THROWS_WITH_AS(evaluate(ctx, stack, Reverse{}, {.to = 2, .run = {.passes = 5}}), refused, Error);
    CHECK_THROWS_WITH_AS((Trainer{ctx, stack, {.passes = 5}}), refused, Error);
    Trainer trainer{ctx, stack};
    CHECK_THROWS_WITH_AS(
        train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 1, .passes = [](Occasion const&) { return 5; }}),
        refused, Error);
    CHECK_NOTHROW(train(trainer, Reverse{}, Uniform{1, 2}, {.steps = 1, .progressive = 0.5}));
}
