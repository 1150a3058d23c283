// Every positional scheme with every kind of depth, and each of both with every style: gradients, decoding, loops
// against stacks, and the GPU against the CPU. A new scheme joins by a line of the list below. One program per depth,
// RUNG_DEPTH.

#include <doctest/doctest.h>

#include <map>
#include <tuple>

#include "support/device.hpp"
#include "support/gradients.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

using Positions = std::tuple<  //
    NoPe,                      //
    Learned,                   //
    Sinusoidal<>,              //
    Rope<>,                    //
    Alibi,                     //
    T5<8, 20>,                 //
    Kerple,                    //
    Fire<6, 5>>;
using Depths    = std::tuple<                                              //
    Stacked<2>,                                                         //
    PassEmbedding<Looped<2, 2>>, NormBetween<Looped<3, 1, GateInput>>,  //
    StartFrom<Start::random, PreludeCoreCoda<1, 1, 1, 2, ConcatInput>>>;
using Styles    = std::tuple<Gpt, Llama, Gemma, Vaswani>;

constexpr int depth = RUNG_DEPTH, positions = std::tuple_size_v<Positions>;
static_assert(positions >= int(std::tuple_size_v<Styles>), "or some style never meets some depth");

/// Styles by turns: every scheme and every depth meets each of them.
template <int position, class Depth, Shape S>
using ModelOf = Transformer<S, std::tuple_element_t<position, Positions>, Depth,
                            std::tuple_element_t<(position + depth) % std::tuple_size_v<Styles>, Styles>>;
using Depth   = std::tuple_element_t<depth, Depths>;

/// Heads of 4 channels; pairs of them share keys and values.
constexpr Shape grouped{
    .vocab = Reverse::vocab, .context = 40, .width = 16, .heads = 4, .kv_heads = 2, .hidden = 20};

/// check.operator()<position>() of every scheme.
template <class Check>
void for_every_position(Check&& check) {
    [&]<int... position>(std::integer_sequence<int, position...>) {
        const auto one = [&]<int i>() {
            CAPTURE(i);
            check.template operator()<i>();
        };
        (one.template operator()<position>(), ...);
    }
    (std::make_integer_sequence<int, positions>{});
}

const Vocab vocab{Reverse::alphabet};

/// Greedy answer by a full forward pass per token: no cache, no batch.
template <class Model>
std::string uncached(Model const& model, std::string const& prompt, int limit) {
    std::vector<int> tokens{Vocab::begin}, places, written;
    vocab.append(tokens, prompt);
    cpu::Lane<float> lane;
    for (int i = 0; i < limit; ++i) {
        places.resize(tokens.size());
        std::iota(places.begin(), places.end(), 0);
        const int starts[] = {0, int(tokens.size())};
        lane.reset();
        const auto logits =
            Model::forward(lane, model.weights().cdata(), {tokens.data(), places.data(), starts, 1}).logits;
        float const* last = logits.row(logits.rows - 1);
        const int    next = int(std::max_element(last + Vocab::end, last + logits.cols) - last);
        if (next == Vocab::end) break;
        written.push_back(next), tokens.push_back(next);
    }
    return vocab.decode(written);
}

}  // namespace

TEST_CASE("gradients are those of finite differences") {
    for_every_position([]<int i>() {
        check_gradients<ModelOf<i, Depth, grouped>>({.dropout = {.rate = 0.2f, .seed = 4, .step = 9}});
    });
}

TEST_CASE("cached, batched and alone, decoding says what full forward passes say") {
    for_every_position([]<int i>() {
        using Model = ModelOf<i, Depth, grouped>;
        cpu::Context ctx{{.threads = 1}};
        Model        model{ctx};
        Trainer      trainer{ctx, model};
        for (int step = 0; step < 30; ++step) trainer.step(small_batch(std::uint32_t(step)), 5e-3);
        const auto asked = small_prompts(14);
        const auto seven = decode(ctx, model, vocab, asked, {.limit = 10, .group = 7}),
                   alone = decode(ctx, model, vocab, asked, {.limit = 10, .group = 1});
        for (std::size_t k = 0; k < asked.size(); ++k) {
            CHECK(seven[k].text == uncached(model, asked[k], 10));
            CHECK(alone[k].text == seven[k].text);
        }
    });
}

TEST_CASE("a loop without injection is the stack whose layers share weights") {
    if (depth > 0)
        return;  // the schemes and styles are what matters here; tests/model has every kind of loop
    for_every_position([]<int i>() {
        using Loop                        = ModelOf<i, Looped<2, 2>, grouped>;
        using Stack                       = ModelOf<i, Stacked<4>, grouped>;
        const auto                   loop = weights_of<Loop>();
        Buffer<double>               stack(Stack::parameters);
        std::map<std::string, Index> from;
        Loop::for_each_weight(
            [&](std::string const& name, WeightSpec const&, Index offset) { from[name] = offset; });
        Stack::for_each_weight([&](std::string name, WeightSpec const& spec, Index offset) {
            if (name.rfind("blocks.", 0) == 0) name[7] = char('0' + (name[7] - '0') % 2);
            std::copy_n(loop.begin() + from.at(name), spec.size(), stack.begin() + offset);
        });
        const RandomRows rows({3, 1, 6}, grouped.vocab);
        CHECK(logits_of<Loop>(loop, rows) == logits_of<Stack>(stack, rows));
    });
}

TEST_CASE("the GPU's bodies train and answer as the CPU does") {
    for_every_position([]<int i>() {
        using Model = ModelOf<i, Depth, grouped>;
        cpu::Context  cpu{{.threads = 1, .slices = 1}};
        cuda::Context gpu{{}};
        Model         here{cpu}, there{gpu};
        Trainer       one{cpu, here};
        Trainer       other{gpu, there};
        for (std::uint32_t step = 0; step < 3; ++step) {
            const auto want = one.step(small_batch(step), 3e-3), got = other.step(small_batch(step), 3e-3);
            CHECK(got.loss == doctest::Approx(want.loss).epsilon(1e-5));
            CHECK(got.gradient == doctest::Approx(want.gradient).epsilon(1e-4));
        }
        const auto asked = small_prompts(5);
        const auto want  = decode(cpu, here, vocab, asked, {.limit = 6, .group = 3}),
                   got   = decode(gpu, there, vocab, asked, {.limit = 6, .group = 3});
        for (std::size_t k = 0; k < asked.size(); ++k) CHECK(got[k].text == want[k].text);
    });
}
