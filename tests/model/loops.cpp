// What loops do between their passes, how often they run for whom, and what of them is learnt from or computed again.

#include "rung/model/depth/adaptors.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/style/llama.hpp"
#include "support/gradients.hpp"

using namespace rung_test;

namespace {

template <class Depth>
using Of = Transformer<odd, NoPe, Depth, Gpt>;
template <class Depth>
using LlamaOf = Transformer<odd, Rope<>, Depth, Llama>;

/// Sequences that run 4, 4, 2 and 1 times.
RandomRows ragged() {
    RandomRows rows({3, 1, 6, 2}, odd.vocab);
    rows.passes = {4, 4, 2, 1};
    return rows;
}
constexpr Dropout some_dropout{.rate = 0.3f, .seed = 4, .step = 9};

}  // namespace

TEST_CASE("gradients through every injection, from every start") {
    check_gradients<Of<Looped<3, 1, ConcatInput>>>();
    check_gradients<Of<Looped<3, 1, GateInput>>>();
    check_gradients<Of<StartFrom<Start::input, Looped<2, 2, AddInput>>>>();
    check_gradients<Of<StartFrom<Start::input, Looped<2, 1, ConcatInput>>>>();
    check_gradients<Of<StartFrom<Start::random, Looped<2, 1, GateInput>>>>();
    check_gradients<LlamaOf<StartFrom<Start::random, PreludeCoreCoda<1, 1, 1, 3, ConcatInput>>>>(
        {.dropout = some_dropout});
    check_gradients<Of<StartFrom<Start::random, Looped<2, 1, ConcatInput>>>>({.phase = Phase::training});
}
TEST_CASE("gradients through a norm between passes and a row for every pass") {
    check_gradients<Of<NormBetween<Looped<3>>>>();
    check_gradients<Of<NormBetween<Looped<3, 1, AddInput>>>>();
    check_gradients<LlamaOf<NormBetween<PreludeCoreCoda<1, 1, 1, 3, ConcatInput>>>>();
    check_gradients<Of<PassEmbedding<Looped<2>>>>({.passes = 3});
    check_gradients<Of<PassEmbedding<NormBetween<Looped<2, 1, AddInput>>>>>({.passes = 3});
}
TEST_CASE("gradients where every sequence runs as often as it should") {
    check_gradients<Of<NormBetween<Looped<3, 1, AddInput>>>>(ragged());
    check_gradients<LlamaOf<PreludeCoreCoda<1, 2, 1, 3, ConcatInput>>>(ragged(), {.dropout = some_dropout});
    check_gradients<Of<PassEmbedding<Looped<2, 1, GateInput>>>>(ragged());
    check_gradients<Of<Looped<2>>>(ragged(), {.states = 2});
}
TEST_CASE("gradients of the mean over the last passes") {
    check_gradients<Of<Looped<4, 1, AddInput>>>({.graded = 3});
    check_gradients<Of<NormBetween<Looped<4>>>>({.states = 2, .graded = 2, .dropout = some_dropout});
    using Coda = Of<PreludeCoreCoda<0, 1, 1, 3>>;
    CHECK_THROWS_WITH_AS(
        check_gradients<Coda>({.graded = 2}),
        "Run: graded passes to learn from; got 2, wanted 1, because there are layers between the "
        "loop and the logits",
        Error);
    using Loop = Of<Looped<3>>;
    CHECK_THROWS_AS(logits_of<Loop>(weights_of<Loop>(), RandomRows({3}, odd.vocab), {.graded = 4}), Error);
}

TEST_CASE_TEMPLATE("the logits of every graded pass are those of a loop of as many passes", Depth,
                   NormBetween<Looped<4, 1, AddInput>>, NormBetween<PreludeCoreCoda<1, 1, 2, 4>>) {
    using Loop = Of<Depth>;
    const RandomRows rows({3, 5}, odd.vocab);
    const auto       w   = weights_of<Loop>();
    const auto       all = logits_of<Loop>(w, rows, {.passes = 5, .learnt = 3, .graded = 3});
    for (int pass = 3; pass <= 5; ++pass) {
        const auto alone = logits_of<Loop>(w, rows, {.passes = pass});
        CHECK(
            std::equal(alone.begin(), alone.end(), all.begin() + (pass - 3) * std::ptrdiff_t(alone.size())));
    }
    CHECK(logits_of<Loop>(w, rows, {.passes = 5, .learnt = 3, .states = 2, .graded = 3}) == all);
}

TEST_CASE_TEMPLATE("a sequence that runs its own number of passes has the logits it has alone", Depth,
                   Looped<3>, NormBetween<Looped<3, 2, AddInput>>, PreludeCoreCoda<1, 1, 1, 2, ConcatInput>,
                   PassEmbedding<Looped<3, 1, GateInput>>) {
    using Loop            = LlamaOf<Depth>;
    const auto       w    = weights_of<Loop>();
    const RandomRows rows = ragged();
    const auto       all  = logits_of<Loop>(w, rows);
    for (std::size_t b = 0; b < rows.passes.size(); ++b) {
        const int  first = rows.starts[b], end = rows.starts[b + 1];
        RandomRows one({end - first}, odd.vocab);
        std::copy(rows.tokens.begin() + first, rows.tokens.begin() + end, one.tokens.begin());
        const auto alone = logits_of<Loop>(w, one, {.passes = rows.passes[b]});
        CHECK(std::equal(alone.begin(), alone.end(), all.begin() + first * odd.vocab));
    }
}

TEST_CASE_TEMPLATE("what is computed again has the bits of what is kept", Depth, Looped<7>,
                   NormBetween<Looped<7, 2, AddInput>>, PreludeCoreCoda<1, 1, 1, 7, ConcatInput>,
                   StartFrom<Start::random, PassEmbedding<Looped<7, 1, GateInput>>>) {
    using Loop = LlamaOf<Depth>;
    cpu::Lane<double> lane;
    const auto        w = weights_of<Loop>();
    RandomRows        rows({3, 1, 6}, odd.vocab), unlike = rows;
    unlike.passes   = {7, 4, 4};
    const auto same = [&](RandomRows const& rows, Run run) {
        run.states        = 0;
        const auto wanted = bits_of(gradient_of<Loop>(lane, w, rows, run));
        for (const int states : {1, 2, 3, 20}) {
            CAPTURE(states);
            run.states = states;
            CHECK(bits_of(gradient_of<Loop>(lane, w, rows, run)) == wanted);
        }
    };
    same(rows, {});
    same(rows, {.dropout = some_dropout});
    same(rows, {.learnt = 5});
    same(unlike, {});
}

TEST_CASE("states are kept so that passes run again as rarely as their number allows") {
    // Going back over `passes` from the first of them, with room for `room` states besides.
    struct Count {
        static int most(int passes,
                        int room) {  // runs of any one pass, but for the one before it is gone back over
            if (passes <= 1) return 0;
            const int next = detail::next_kept(passes, room);
            if (next == passes) return passes - 1;
            return std::max(1 + most(next, room), most(passes - next, room - 1));
        }
    };
    CHECK(Count::most(64, 63) == 1);
    CHECK(Count::most(64, 0) == 63);
    CHECK(Count::most(64, 9) == 2);    // C(12, 2) = 66
    CHECK(Count::most(64, 3) == 4);    // C(8, 4) = 70
    CHECK(Count::most(1000, 9) == 4);  // C(14, 4) = 1001
}

TEST_CASE("passes beyond the depth's own read the last one's row") {
    using Loop         = Of<PassEmbedding<Looped<2, 1, AddInput>>>;
    auto             w = weights_of<Loop>();
    const RandomRows rows({4}, odd.vocab);
    const auto       two = logits_of<Loop>(w, rows), four = logits_of<Loop>(w, rows, {.passes = 4});
    Loop::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        if (name == "loop.pass")
            for (Index i = spec.cols; i < 2 * spec.cols; ++i) w[offset + i] += 1;
    });
    CHECK(logits_of<Loop>(w, rows, {.passes = 1}) ==
          logits_of<Loop>(weights_of<Loop>(), rows, {.passes = 1}));
    CHECK(logits_of<Loop>(w, rows) != two);
    CHECK(logits_of<Loop>(w, rows, {.passes = 4}) != four);
}

TEST_CASE("a random start is new in every step and the same for a place, whoever stands beside it") {
    using Loop         = Of<StartFrom<Start::random, Looped<2, 1, AddInput>>>;
    const auto       w = weights_of<Loop>();
    const RandomRows rows({4}, odd.vocab);
    const auto       one = logits_of<Loop>(w, rows);
    CHECK(logits_of<Loop>(w, rows) == one);
    CHECK(logits_of<Loop>(w, rows, {.dropout = {0, 0, 1}}) != one);
    CHECK(logits_of<Loop>(w, rows, {.dropout = {0, 1, 0}}) != one);
    RandomRows twice({4, 4}, odd.vocab);
    for (std::size_t i = 0; i < 8; ++i) twice.tokens[i] = rows.tokens[i % 4];
    const auto both = logits_of<Loop>(w, twice);
    CHECK(std::equal(one.begin(), one.end(), both.begin()));
    CHECK(std::equal(one.begin(), one.end(), both.begin() + std::ptrdiff_t(one.size())));
    // In training each sequence has its own, a function of its rows' number in the batch, wherever that is cut.
    const auto training = logits_of<Loop>(w, twice, {.phase = Phase::training});
    CHECK(!std::equal(training.begin(), training.begin() + std::ptrdiff_t(one.size()),
                      training.begin() + std::ptrdiff_t(one.size())));
    Sequences second = rows.view();
    second.first_row = 4;
    cpu::Lane<double> lane;
    const auto        apart = Loop::forward(lane, w.cdata(), second, {.phase = Phase::training}).logits;
    CHECK(std::equal(training.begin() + std::ptrdiff_t(one.size()), training.end(), apart.data));
}
