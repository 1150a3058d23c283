// Every positional scheme with every kind of depth, and each of both with every style: gradients, decoding, loops
// against stacks, and the GPU against the CPU. A new scheme joins by a line of the list below. One program per depth,
// RUNG_DEPTH.

#include <doctest/doctest.h>

#include <map>
#include <tuple>

#include "rung/backend/cuda/cuda.hpp"
#include "support/gradients.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"
#include "support/uncached.hpp"

using namespace rung_test;

namespace {

using Positions = std::tuple<  //
    NoPe,                      //
    Learned,                   //
    Sinusoidal<>,              //
    Rope<>,                    //
    Alibi,                     //
    Window<3>,                 //
    T5<8, 20>,                 //
    Kerple,                    //
    Fire<6, 5>,                //
    Abacus<20>,                //
    Coupled<Rope<>, 20>,       //
    Randomised<Sinusoidal<>, 80>>;
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

/// Ids of the task's own for schemes that draw what ids look up; places for the others.
template <int position>
Place ids_for() {
    static const Numbered task;
    if constexpr (DrawsRows<std::tuple_element_t<position, Positions>>) return place_of(task);
    return {};
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
        const Place  place = ids_for<i>();
        for (int step = 0; step < 30; ++step)
            trainer.step(small_batch(std::uint32_t(step), 24, 6, place), 5e-3);
        const auto asked = small_prompts(14);
        const auto seven = decode(ctx, model, vocab, asked, {.limit = 10, .group = 7, .place = place}),
                   alone = decode(ctx, model, vocab, asked, {.limit = 10, .group = 1, .place = place});
        for (std::size_t k = 0; k < asked.size(); ++k) {
            CHECK(seven[k].text == uncached(model, asked[k], 10, int(k), place));
            CHECK(alone[k].text == seven[k].text);
        }
    });
}

TEST_CASE("read at once after every pass, whole answers are those of loops of as many passes") {
    for_every_position([]<int i>() {
        using Model = ModelOf<i, Depth, grouped>;
        cpu::Context ctx{{.threads = 1}};
        const Model  model{ctx};
        const auto   asked = small_prompts(9);
        const int    most  = Model::Order::loops ? 3 : 1;
        const auto   all = think(ctx, model, vocab, asked, 9, {.passes = most, .graded = most}, ids_for<i>());
        for (int passes = 1; passes <= most; ++passes) {
            const auto want = answer_at_once(ctx, model, vocab, asked, 9, {.passes = passes}, ids_for<i>());
            for (std::size_t k = 0; k < asked.size(); ++k) {
                CHECK(all[k][std::size_t(passes - 1)].answer.text == want[k].text);
                CHECK(all[k][std::size_t(passes - 1)].answer.confidence == want[k].confidence);
            }
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
        const auto rows = looked_up<typename Loop::position_type>(RandomRows({3, 1, 6}, grouped.vocab));
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
        const Place   place = ids_for<i>();
        for (std::uint32_t step = 0; step < 3; ++step) {
            const Batch batch = small_batch(step, 24, 6, place);
            const auto  want = one.step(batch, 3e-3), got = other.step(batch, 3e-3);
            CHECK(got.loss == doctest::Approx(want.loss).epsilon(1e-5));
            CHECK(got.gradient == doctest::Approx(want.gradient).epsilon(1e-4));
        }
        const auto asked = small_prompts(5);
        const auto want  = decode(cpu, here, vocab, asked, {.limit = 6, .group = 3, .place = place}),
                   got   = decode(gpu, there, vocab, asked, {.limit = 6, .group = 3, .place = place});
        for (std::size_t k = 0; k < asked.size(); ++k) CHECK(got[k].text == want[k].text);
    });
}
