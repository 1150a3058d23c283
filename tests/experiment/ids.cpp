// Ids from a task and from a scheme on their way through training, decoding, evaluation and self-improvement.

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"
#include "support/uncached.hpp"

using namespace rung_test;

namespace {

const Vocab vocab{Reverse::alphabet};

/// Names as ids the places that tokens have anyway.
struct Counted : Reverse {
    int place(std::string_view text) const { return int(text.size()); }
};

/// "653+049=" -> "2070", the digits of one significance coupled, as in Cho et al., figure 2.
struct Padded {
    static constexpr std::string_view alphabet = "0123456789+=";

    static Example write(std::string_view a, std::string_view b) {
        const auto        n     = std::max(a.size(), b.size());
        const std::string one   = std::string(n - a.size(), '0').append(a),
                          other = std::string(n - b.size(), '0').append(b);
        std::string sum         = digits::reversed(digits::add(a, b));
        sum.resize(n + 1, '0');
        return {one + "+" + other + "=", sum};
    }
    static constexpr int longest(int n) { return 3 * n + 3; }
};
struct BySignificance : AdditionIn<Padded> {
    int place(std::string_view text) const {
        const auto equals = text.find('='), plus = text.find('+');
        const auto before =
            text.substr(0, text.size() - 1).find_last_of("+=");  // npos: none, and npos + 1 = 0
        const int count = int(text.size() - (before + 1));
        if (equals == text.npos || equals + 1 == text.size()) return count + 1;
        return std::max(0, int(equals - plus) + 1 - count);
    }
};

template <class Model, class Task>
Model trained(cpu::Context<float>& ctx, Task const& task, int steps = 60) {
    Model   model{ctx};
    Trainer trainer{ctx, model};
    for (int step = 0; step < steps; ++step)
        trainer.step(small_batch(std::uint32_t(step), 24, 6, place_of(task)), 5e-3);
    return model;
}

using Digits = SmallModel<Abacus<20>, Stacked<2>, Gpt>;
using Turned = SmallModel<Coupled<Rope<>, 20>>;
using Table  = SmallModel<Randomised<Learned, 80>, Stacked<2>, Gpt>;
using Waves  = SmallModel<Randomised<Sinusoidal<>, 80>>;
using Angles = SmallModel<Randomised<Rope<>, 80>, Looped<2, 1, AddInput>>;

}  // namespace

TYPE_TO_STRING_AS("Abacus", Digits);
TYPE_TO_STRING_AS("coupled RoPE", Turned);
TYPE_TO_STRING_AS("randomised table", Table);
TYPE_TO_STRING_AS("randomised waves", Waves);
TYPE_TO_STRING_AS("randomised RoPE, looped", Angles);
#define EVERY_MODEL Digits, Turned, Table, Waves, Angles

TEST_CASE("ids by significance are those of the paper's figure") {
    const BySignificance task;
    const Example        example = task.example("653", "49");
    CHECK(example == Example{"653+049=", "2070"});
    CHECK(positions_of(example.prompt + example.answer, place_of(task)) ==
          std::vector<int>{0, 2, 3, 4, 5, 2, 3, 4, 5, 4, 3, 2, 1});
}

TEST_CASE_TEMPLATE("cached decoding equals uncached, with a task's ids and without", Model, EVERY_MODEL) {
    cpu::Context ctx{{.threads = 2}};
    const auto   check = [&](auto const& task) {
        const auto model   = trained<Model>(ctx, task);
        const auto asked   = small_prompts(30);
        const auto place   = place_of(task);
        const auto answers = decode(ctx, model, vocab, asked, {.limit = 12, .group = 8, .place = place});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CAPTURE(asked[i]);
            CHECK(answers[i].text == uncached(model, asked[i], 12, int(i), place));
        }
    };
    check(Reverse{}), check(Numbered{});
}

TEST_CASE_TEMPLATE("batched equals alone, at batch 1, 7 and 64, for any number of threads", Model,
                   EVERY_MODEL) {
    cpu::Context   one{{.threads = 1}}, three{{.threads = 3}};
    const Numbered task;
    const auto     model = trained<Model>(one, task);
    const auto     asked = small_prompts(64);
    for (const int limit : {12, 0}) {
        const auto alone =
            decode(one, model, vocab, asked, {.limit = limit, .group = 1, .place = place_of(task)});
        for (const int group : {7, 64}) {
            const auto together =
                decode(three, model, vocab, asked, {.limit = limit, .group = group, .place = place_of(task)});
            for (std::size_t i = 0; i < asked.size(); ++i) {
                CHECK(together[i].text == alone[i].text);
                CHECK(together[i].confidence == alone[i].confidence);
            }
        }
    }
    // The first prompt by itself is drawn as it is among others.
    CHECK(decode(one, model, vocab, {asked[0]}, {.limit = 12, .place = place_of(task)})[0].confidence ==
          decode(one, model, vocab, asked, {.limit = 12, .place = place_of(task)})[0].confidence);
}

TEST_CASE_TEMPLATE("training has the same bits for any number of threads, and a scheme changes its loss",
                   Model, EVERY_MODEL) {
    const auto bits = [](int threads) {
        cpu::Context ctx{{.threads = threads}};
        return bits_of(trained<Model>(ctx, Numbered{}, 5).weights());
    };
    CHECK(bits(1) == bits(3));
    // What is drawn differs from step to step and from seed to seed: weights alike, losses apart.
    const auto losses = [](std::uint64_t seed) {
        cpu::Context        ctx{{.seed = seed, .threads = 1}};
        Model               model(std::uint64_t{3});
        Trainer             trainer{ctx, model};
        std::vector<double> all;
        for (int step = 0; step < 2; ++step) all.push_back(trainer.step(small_batch(1), 0).loss);
        return all;
    };
    const auto a = losses(1), b = losses(2);
    CHECK(a[0] != a[1]);
    CHECK(a[0] != b[0]);
}

TEST_CASE("a batch cut in two draws what the whole one draws") {
    const auto loss = [](bool in_two) {
        cpu::Context       ctx{{.threads = 1}};
        Table              model{ctx};
        Trainer            trainer{ctx, model};
        std::vector<Item>  items(6, encode(vocab, {"123=", "321"}));
        std::vector<Batch> batches{pack(items, Grade::answer, small.context)};
        if (in_two) {
            items.resize(3);
            batches.assign(2, pack(items, Grade::answer, small.context));
        }
        return trainer.step(batches, 1e-3).loss;
    };
    CHECK(loss(true) == doctest::Approx(loss(false)).epsilon(1e-6));
}

namespace {

/// Everything that a climb leaves behind, answers read at once among it.
template <class Model, class Task>
std::uint64_t left_by(Task const& task) {
    cpu::Context ctx{{.threads = 2}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    train(trainer, task, Uniform{1, 3}, {.steps = 30, .batch = 16, .peak = 1e-2});
    train(trainer, task, Uniform{1, 3},
          {.steps = 20, .batch = 16, .peak = 1e-2, .answering = Answering::at_once});
    self_improve(trainer, task, Uniform{1, 3}, NoFilter{},
                 {.rounds = 1, .prompts = 20, .steps = 5, .batch = 16, .test = {.to = 4, .each = 10}});
    const auto          thoughts = study(ctx, model, task, 3, 20, Model::passes).thoughts;
    std::vector<double> sure;
    for (auto const& thought : thoughts) sure.push_back(thought[0].reading.surprisal);
    Buffer<double> all(Index(sure.size()) + Index(model.weights().size()));
    std::copy(sure.begin(), sure.end(), all.data());
    std::copy(model.weights().begin(), model.weights().end(), all.data() + sure.size());
    return bits_of(all);
}

}  // namespace

TEST_CASE_TEMPLATE(
    "a task that names places is one that names nothing, and one that counts digits is another", Model,
    Turned, Table) {
    const auto plain = left_by<Model>(Reverse{});
    CHECK(left_by<Model>(Counted{}) == plain);
    CHECK(left_by<Model>(Numbered{}) != plain);
}

TEST_CASE(
    "sums of up to three digits teach many of four digits where digits are coupled, and hardly any else") {
    static constexpr Shape shape{.vocab = BySignificance::vocab, .context = 40, .width = 32, .heads = 2};
    const auto             correct = []<class Position>(Position, auto const& task) {
        int sum = 0;
        for (const std::uint64_t seed : {1, 2, 3}) {  // one alone may be unlucky
            cpu::Context                                    ctx{{.seed = seed, .threads = 2}};
            Transformer<shape, Position, Stacked<1>, Llama> model{ctx};
            train(ctx, model, task, Uniform{1, 3}, {.steps = 600, .batch = 64, .peak = 5e-3});
            sum += evaluate(ctx, model, task, {.from = 4, .to = 4, .each = 50}).scores[0].correct;
        }
        return sum;
    };
    const int coupled = correct(Coupled<Learned, 4>{}, BySignificance{}),
              places  = correct(Learned{}, AdditionIn<Padded>{});
    CAPTURE(coupled);
    CAPTURE(places);
    CHECK(coupled > 50);
    CHECK(places < 10);
}

TEST_CASE("a place that is no id of the model's is refused by name") {
    cpu::Context ctx{{.threads = 1}};
    const Turned model{ctx};
    const auto   asked = [&](Place const& place) {
        return decode(ctx, model, vocab, {"12="}, {.limit = 3, .place = place});
    };
    CHECK_THROWS_WITH_AS(asked([](std::string_view) { return 40; }),
                         "decode: prompt 0: place of token 1; got 40, wanted 0 to 39", Error);
    CHECK_THROWS_AS(asked([](std::string_view text) { return text.size() > 3 ? -1 : 0; }), Error);
}
