// A forward pass that is asked for the logits of some rows only, and the backward pass after it.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/style/llama.hpp"
#include "rung/model/transformer.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

constexpr Shape odd{.vocab = 7, .context = 12, .width = 12, .heads = 2, .hidden = 20};
using Tied     = Transformer<odd, Learned, Stacked<2>, Gpt>;
using Separate = Transformer<odd, Rope<>, Looped<2, 1, AddInput>, Llama>;

/// Weights away from their symmetric start.
template <class Model, class Real>
Buffer<Real> weights_of() {
    Buffer<Real> w(Model::parameters);
    Model::initialize(w.data(), 3);
    Rng rng(3, Purpose::user);
    for (auto& x : w) x += Real(0.2 * rng.normal());
    return w;
}

/// The same sequences, graded at some rows: none of the first sequence, all of the second, some of the third.
struct Some {
    RandomRows       all{{3, 2, 6}, odd.vocab};
    std::vector<int> graded{3, 4, 6, 9, 10}, targets{5, 0, 6, 6, 2};

    Some() {
        all.targets.assign(all.tokens.size(), -1);
        for (std::size_t i = 0; i < graded.size(); ++i) all.targets[std::size_t(graded[i])] = targets[i];
    }
    Sequences view(Index count = 5) const {
        Sequences rows    = all.view();
        rows.graded       = graded.data();
        rows.graded_count = count;
        return rows;
    }
};

template <class Model, class Lane>
auto gradient_of(Lane& lane, auto const& w, Sequences const& rows, int const* targets, Run const& run) {
    using Real = typename Lane::real;
    lane.arena.reset();
    Buffer<Real> dw(Model::parameters);
    const auto   tape = Model::forward(lane, w.cdata(), rows, run);
    cross_entropy(lane, tape.logits, targets, Real(1));
    Model::backward(lane, w.cdata(), dw.data(), tape, rows, run);
    return dw;
}

template <class Real>
double largest(Buffer<Real> const& x) {
    double most = 0;
    for (const Real value : x) most = std::max(most, std::abs(double(value)));
    return most;
}

template <class Model, class P>
struct Kind {
    using model   = Model;
    using context = P;
};
using TiedFloat      = Kind<Tied, float>;
using TiedBf16       = Kind<Tied, bf16>;
using TiedDouble     = Kind<Tied, double>;
using SeparateFloat  = Kind<Separate, float>;
using SeparateBf16   = Kind<Separate, bf16>;
using SeparateDouble = Kind<Separate, double>;
#define EVERY_KIND TiedFloat, TiedBf16, TiedDouble, SeparateFloat, SeparateBf16, SeparateDouble

}  // namespace

TYPE_TO_STRING_AS("GPT, float", TiedFloat);
TYPE_TO_STRING_AS("GPT, bf16", TiedBf16);
TYPE_TO_STRING_AS("GPT, double", TiedDouble);
TYPE_TO_STRING_AS("looped Llama, float", SeparateFloat);
TYPE_TO_STRING_AS("looped Llama, bf16", SeparateBf16);
TYPE_TO_STRING_AS("looped Llama, double", SeparateDouble);

TEST_CASE_TEMPLATE("logits of graded rows have the bits they have among all rows", T, EVERY_KIND) {
    using Lane  = cpu::Lane<typename T::context>;
    using Real  = typename Lane::real;
    using Model = typename T::model;
    Lane       one, two;
    const auto w = weights_of<Model, Real>();
    const Some rows;
    const auto all    = Model::forward(one, w.cdata(), rows.all.view()).logits;
    const auto graded = Model::forward(two, w.cdata(), rows.view()).logits;
    REQUIRE(graded.rows == 5);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(std::equal(graded.row(Index(i)), graded.row(Index(i)) + odd.vocab, all.row(rows.graded[i])));
}

TEST_CASE_TEMPLATE("gradients are those of all rows with no target elsewhere, with dropout too", T,
                   EVERY_KIND) {
    using Lane  = cpu::Lane<typename T::context>;
    using Real  = typename Lane::real;
    using Model = typename T::model;
    Lane         lane;
    const auto   w = weights_of<Model, Real>();
    const Some   rows;
    const double rounding = std::is_same_v<Real, float> ? 0x1p-20 : 0x1p-49;  // sums of 11 rows in two orders
    for (const float rate : {0.f, 0.3f}) {
        const Run  run{.dropout = {.rate = rate, .seed = 4, .step = 9}};
        const auto all   = gradient_of<Model>(lane, w, rows.all.view(), rows.all.targets.data(), run);
        const auto some  = gradient_of<Model>(lane, w, rows.view(), rows.targets.data(), run);
        double     apart = 0;
        for (Index i = 0; i < Model::parameters; ++i)
            apart = std::max(apart, std::abs(double(all[i]) - double(some[i])));
        CHECK(largest(all) > 0.1);
        CHECK(apart <= rounding * largest(all));
    }
}

TEST_CASE("with no graded row there are no logits and no gradient") {
    cpu::Lane<float> lane;
    const auto       w = weights_of<Tied, float>();
    const Some       rows;
    CHECK(Tied::forward(lane, w.cdata(), rows.view(0)).logits.rows == 0);
    CHECK(largest(gradient_of<Tied>(lane, w, rows.view(0), rows.targets.data(), {})) == 0);
}
