// The whole model: gradients, sharing between passes, counts, initial weights.

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/style/llama.hpp"
#include "support/gradients.hpp"

using namespace rung_test;

namespace {

using Plain = GptStyle<Bias::nowhere, Embeddings::separate>;
const std::vector<int> lengths{3, 1, 6};

}  // namespace

TEST_CASE("gradients of GPT: learned positions, biases, tied embeddings") {
    check_gradients<Transformer<odd, Learned, Stacked<2>, Gpt>>();
}
TEST_CASE("gradients of GPT without biases, embeddings separate") {
    check_gradients<Transformer<odd, Learned, Stacked<2>, Plain>>();
}
TEST_CASE("gradients of Llama with rotary positions") {
    check_gradients<Transformer<odd, Rope<>, Stacked<2>, Llama>>();
}
TEST_CASE("gradients of Llama without positions") {
    check_gradients<Transformer<odd, NoPe, Stacked<1>, Llama>>();
}
TEST_CASE("gradients of a looped model") { check_gradients<Transformer<odd, NoPe, Looped<3, 2>, Gpt>>(); }
TEST_CASE("gradients of a looped model that is shown its input again, run for more passes than its own") {
    check_gradients<Transformer<odd, Rope<>, Looped<2, 1, AddInput>, Llama>>({.passes = 4});
}
TEST_CASE("gradients with dropout in every place") {
    check_gradients<Transformer<odd, Learned, Looped<2, 1, AddInput>, Gpt>>(
        {.dropout = {.rate = 0.3f, .seed = 4, .step = 9}});
}

TEST_CASE("gradients of a loop between a prelude and a coda, shown the prelude's output before every pass") {
    check_gradients<Transformer<odd, Rope<>, PreludeCoreCoda<2, 1, 1, 3>, Llama>>();
    check_gradients<Transformer<odd, Learned, PreludeCoreCoda<1, 2, 0, 2, NoInjection>, Gpt>>(
        {.dropout = {.rate = 0.2f, .seed = 4, .step = 9}});
}

TEST_CASE_TEMPLATE(
    "a loop is the stack whose layers share weights: logits equal, gradients add up, of the last passes too",
    Depth, Looped<3, 2>, PreludeCoreCoda<1, 2, 1, 3, NoInjection>) {
    using Order     = Schedule<Depth>;
    constexpr int P = Depth::passes, blocks = Order::blocks(P);
    using Loop                        = Transformer<odd, Rope<>, Depth, Llama>;
    using Stack                       = Transformer<odd, Rope<>, Stacked<blocks>, Llama>;
    const auto                   loop = weights_of<Loop>();
    Buffer<double>               stack(Stack::parameters);
    std::map<std::string, Index> from;
    Loop::for_each_weight(
        [&](std::string const& name, WeightSpec const&, Index offset) { from[name] = offset; });
    const auto block = [](std::string const& name) {
        return name.rfind("blocks.", 0) == 0 ? name[7] - '0' : -1;
    };
    const auto shared = [&](std::string name) {  // blocks.5.mlp.up -> blocks.1.mlp.up
        if (block(name) >= 0) name[7] = char('0' + Order::layer(block(name), P));
        return name;
    };
    Stack::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        std::copy_n(loop.begin() + from.at(shared(name)), spec.size(), stack.begin() + offset);
    });
    const RandomRows rows(lengths, odd.vocab);
    CHECK(logits_of<Loop>(loop, rows) == logits_of<Stack>(stack, rows));

    cpu::Lane<double> lane;
    const auto        d_stack = gradient_of<Stack>(lane, stack, rows, {});
    for (const int learnt : {0, 1, 2, 3, 7}) {
        CAPTURE(learnt);
        const int first =
            learnt == 0 ? 0 : Order::first(std::max(0, P - learnt));  // block that is learnt from
        const auto     d_loop = gradient_of<Loop>(lane, loop, rows, {.learnt = learnt});
        Buffer<double> summed(Loop::parameters);
        Stack::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
            const bool cut = learnt > 0 && learnt < P;
            if (cut && (block(name) >= 0 ? block(name) < first : name.rfind("embed", 0) == 0)) return;
            for (Index i = 0; i < spec.size(); ++i) summed[from.at(shared(name)) + i] += d_stack[offset + i];
        });
        for (Index i = 0; i < Loop::parameters; ++i)
            CHECK(summed[i] == doctest::Approx(d_loop[i]).epsilon(1e-9));
    }
    CHECK_THROWS_AS(gradient_of<Loop>(lane, loop, rows, {.learnt = -1}), Error);
}

// Where the first pass is taken for given, its output is a constant that is added to each place's embedding.
TEST_CASE("where only the last pass is learnt from, the embedding learns through what is injected") {
    using Loop  = Transformer<odd, Learned, Looped<2, 1, AddInput>, Plain>;
    using Stack = Transformer<odd, Learned, Stacked<1>, Plain>;
    static_assert(Loop::parameters == Stack::parameters);
    cpu::Lane<double> lane;
    const RandomRows  rows({7}, odd.vocab);
    const auto        w    = weights_of<Loop>();
    auto              once = w.copy();
    const auto        tape = Loop::forward(lane, w.cdata(), rows.view());
    Loop::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        if (name != "embed.positions") return;
        const Mat<double> places(once.data() + offset, spec.rows, spec.cols);
        for (Index t = 0; t < 7; ++t)
            for (Index c = 0; c < spec.cols; ++c)
                places(t, c) += tape.blocks(0, 1).x(t, c) - tape.blocks(0, 0).x(t, c);
    });
    const auto got    = gradient_of<Loop>(lane, w, rows, {.learnt = 1});
    const auto wanted = gradient_of<Stack>(lane, once, rows, {});
    for (Index i = 0; i < Loop::parameters; ++i) CHECK(got[i] == doctest::Approx(wanted[i]).epsilon(1e-9));
}

TEST_CASE("passes asked for at run time are the passes of another type") {
    using Two  = Transformer<odd, NoPe, Looped<2, 1, AddInput>, Llama>;
    using Five = Transformer<odd, NoPe, Looped<5, 1, AddInput>, Llama>;
    const RandomRows rows(lengths, odd.vocab);
    const auto       w = weights_of<Two>();
    CHECK(logits_of<Two>(w, rows, {.passes = 5}) == logits_of<Five>(w, rows));
    CHECK(logits_of<Two>(w, rows, {.passes = 5, .learnt = 1}) == logits_of<Five>(w, rows));
    CHECK(logits_of<Two>(w, rows) != logits_of<Five>(w, rows));
    CHECK_THROWS_AS(logits_of<Two>(w, rows, {.passes = -1}), Error);
}

TEST_CASE("a sequence has the same logits alone and among others, and does not see the future") {
    using Model  = Transformer<odd, Learned, Stacked<2>, Gpt>;
    const auto w = weights_of<Model>();
    RandomRows all(lengths, odd.vocab);
    const auto logits = logits_of<Model>(w, all);
    RandomRows last({6}, odd.vocab);
    std::copy(all.tokens.end() - 6, all.tokens.end(), last.tokens.begin());
    const auto alone = logits_of<Model>(w, last);
    CHECK(std::equal(alone.begin(), alone.end(), logits.end() - 6 * odd.vocab));
    last.tokens.back() = (last.tokens.back() + 1) % odd.vocab;
    const auto changed = logits_of<Model>(w, last);
    CHECK(std::equal(alone.begin(), alone.end() - odd.vocab, changed.begin()));
    CHECK_FALSE(std::equal(alone.end() - odd.vocab, alone.end(), changed.end() - odd.vocab));
}

TEST_CASE("nor do its bits depend on where its rows lie in memory") {
    constexpr Shape narrow{.vocab = 7, .context = 12, .width = 10, .heads = 1, .hidden = 18};
    using Model = Transformer<narrow, Learned, Stacked<2>, Gpt>;
    const Model      model(std::uint64_t{4});
    const RandomRows all({3, 2, 6}, narrow.vocab);
    RandomRows       last({6}, narrow.vocab);
    std::copy(all.tokens.end() - 6, all.tokens.end(), last.tokens.begin());
    cpu::Lane<float> one, two;
    const auto       among = Model::forward(one, model.weights().cdata(), all.view()).logits;
    const auto       alone = Model::forward(two, model.weights().cdata(), last.view()).logits;
    CHECK(std::equal(alone.data, alone.data + alone.size(), among.row(5)));
}

TEST_CASE("without positions a repeated token's order is told by the mask alone, with them by its place") {
    RandomRows rows({3}, odd.vocab);
    rows.tokens     = {4, 4, 4};
    const auto same = [&](std::vector<double> const& l) {
        double gap = 0;
        for (int j = 0; j < odd.vocab; ++j)
            gap = std::max(gap, std::abs(l[std::size_t(j)] - l[std::size_t(odd.vocab + j)]));
        return gap < 1e-9;
    };
    using None = Transformer<odd, NoPe, Stacked<2>, Llama>;
    CHECK(same(logits_of<None>(weights_of<None>(), rows)));  // the mean of equal values is the value
    using Table = Transformer<odd, Learned, Stacked<2>, Llama>;
    CHECK_FALSE(same(logits_of<Table>(weights_of<Table>(), rows)));
}

TEST_CASE("counts are what the buffers hold") {
    using Small     = Transformer<odd, Learned, Stacked<2>, Gpt>;
    constexpr int c = 12, f = 20;
    static_assert(Small::parameters ==
                  7 * c + 12 * c + 2 * (2 * 2 * c + 4 * c * c + 4 * c + 2 * c * f + f + c) + 2 * c);
    // GPT-2 small (124M) and the paper's six-layer model of 10.6M, biases off, counted by others.
    constexpr Shape gpt2{.vocab = 50257, .context = 1024, .width = 768, .heads = 12};
    static_assert(Transformer<gpt2, Learned, Stacked<12>, Gpt>::parameters == 124'439'808);
    std::set<std::string> names;
    Index                 sum = 0, expected_offset = 0;
    Small::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        CHECK(offset == expected_offset);
        CHECK(names.insert(name).second);
        sum += spec.size(), expected_offset += spec.size();
    });
    CHECK(sum == Small::parameters);
    CHECK(names.count("blocks.1.attention.qkv") == 1);
    static_assert(Small::cache_bytes(10) == 2 * 2 * c * 10 * 4);
    static_assert(Transformer<odd, NoPe, Looped<3, 2>, Gpt>::cache_bytes(10, 5) == 2 * 5 * 2 * c * 10 * 4);
    // One layer, one token: four maps of C x C, two of C x F, scores over one key, logits.
    static_assert(Transformer<odd, NoPe, Stacked<1>, Gpt>::flops(1) ==
                  8 * c * c + 4 * c * f + 4 * c + 2 * c * 7);
}

TEST_CASE("initial weights have the spread their families prescribe and follow the seed") {
    constexpr Shape big{.vocab = 50, .context = 64, .width = 64, .heads = 4};
    using Model = Transformer<big, Learned, Stacked<8>, Gpt>;
    const Model model(std::uint64_t{1});
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        CAPTURE(name);
        double sum = 0, square = 0;
        for (Index i = 0; i < spec.size(); ++i) {
            const double x = model.weights()[offset + i];
            sum += x, square += x * x;
        }
        const double mean = sum / double(spec.size()), rms = std::sqrt(square / double(spec.size()));
        if (spec.rows == 1) CHECK(rms == (spec.init == Init::ones ? 1.0 : 0.0));
        else CHECK(rms == doctest::Approx(spec.init == Init::residual ? 0.02 / 4 : 0.02).epsilon(0.06));
        if (spec.rows > 1) CHECK(std::abs(mean) < 0.001);
    });
    CHECK(bits_of(Model(std::uint64_t{1}).weights()) == bits_of(model.weights()));
    CHECK(bits_of(Model(std::uint64_t{2}).weights()) != bits_of(model.weights()));
}

TEST_CASE("a place beyond the learned table is refused") {
    using Model = Transformer<odd, Learned, Stacked<1>, Gpt>;
    CHECK_THROWS_AS(logits_of<Model>(weights_of<Model>(), RandomRows({13}, odd.vocab)), Error);
}
