// What a style may choose: each choice's gradients by finite differences in double precision, and what it promises.

#include "rung/model/depth/looped.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/sinusoidal.hpp"
#include "rung/model/style/llama.hpp"
#include "support/gradients.hpp"

using namespace rung_test;

namespace {

const std::vector<int> lengths{3, 1, 6};

struct Relu : Gpt {
    template <int C, int F>
    using Mlp = ReluMlp<C, F, biased>;
};
struct Primer : Llama {
    template <int C, int F>
    using Mlp = SquaredReluMlp<C, F>;
};
struct GeGluOfBiases : Gpt {
    template <int C, int F>
    using Mlp = GeGlu<C, F, biased>;
};

template <class Base>
struct Normless : Base {
    template <int C>
    using Norm = NoNorm<C>;
};

template <class Base>
struct After : Base {
    static constexpr Norms norms = Norms::after;
};
template <class Base>
struct Around : Base {
    static constexpr Norms norms = Norms::around;
};

template <class Base>
struct QkNorm : Base {
    static constexpr bool qk_norm = true;
};

template <class Base, int cap = 2>
struct Capped : Base {
    static constexpr double soft_cap = cap;
};

}  // namespace

TEST_CASE_TEMPLATE("gradients of other activations", Style, Relu, Primer, GeGluOfBiases) {
    check_gradients<Transformer<odd, Learned, Stacked<1>, Style>>();
}

TEST_CASE_TEMPLATE("gradients of norms in other places", Style, After<Gpt>, After<Llama>, Around<Gpt>,
                   Around<Llama>) {
    check_gradients<Transformer<odd, Learned, Stacked<2>, Style>>();
    check_gradients<Transformer<odd, Learned, Stacked<2>, Style>>(
        {.dropout = {.rate = 0.3f, .seed = 4, .step = 9}});
}

TEST_CASE_TEMPLATE("gradients without norms, wherever they would stand", Style, Normless<Gpt>,
                   Normless<After<Gpt>>, Normless<Around<Llama>>) {
    check_gradients<Transformer<odd, Learned, Looped<2>, Style>>();
}

TEST_CASE("norms that come last leave every row of the stream with a mean of zero and a deviation of one") {
    using Model = Transformer<odd, Learned, Stacked<1>, After<Gpt>>;
    Buffer<double> w(Model::parameters);
    Model::initialize(w.data(), 1);  // gains of one, biases of zero
    cpu::Lane<double> lane;
    const RandomRows  rows(lengths, odd.vocab);
    const auto        tape = Model::forward(lane, w.cdata(), rows.view());
    for (const auto stream : {tape.blocks(0, 0).m, tape.x})
        for (Index i = 0; i < stream.rows; ++i) {
            double sum = 0, square = 0;
            for (Index c = 0; c < stream.cols; ++c)
                sum += stream(i, c), square += stream(i, c) * stream(i, c);
            CHECK(sum == doctest::Approx(0).epsilon(1e-9));
            CHECK(square / double(stream.cols) ==
                  doctest::Approx(1).epsilon(0.1));  // but for what is under the root
        }
}

TEST_CASE(
    "norms around a function have weights of their own, those of a style without a choice are as they were") {
    const auto names = []<class Model>(Model*) {
        std::string all;
        Model::for_each_weight([&](std::string const& name, WeightSpec const&, Index) { all += name + " "; });
        return all;
    };
    CHECK(names(static_cast<Transformer<odd, NoPe, Stacked<1>, Llama>*>(nullptr)) ==
          "embed.tokens blocks.0.norm1.gain blocks.0.attention.qkv blocks.0.attention.project "
          "blocks.0.norm2.gain "
          "blocks.0.mlp.gate_up blocks.0.mlp.down norm.gain unembed.weight ");
    CHECK(names(static_cast<Transformer<odd, NoPe, Stacked<1>, Around<Llama>>*>(nullptr)) ==
          "embed.tokens blocks.0.norm1.gain blocks.0.attention.qkv blocks.0.attention.project "
          "blocks.0.post_norm1.gain blocks.0.norm2.gain blocks.0.mlp.gate_up blocks.0.mlp.down "
          "blocks.0.post_norm2.gain norm.gain unembed.weight ");
}

TEST_CASE("gradients of queries and keys that are normed") {
    check_gradients<Transformer<odd, Rope<>, Stacked<2>, QkNorm<Llama>>>();
    check_gradients<Transformer<odd, Learned, Stacked<1>, Around<QkNorm<Gpt>>>>();
}

TEST_CASE("where queries and keys are normed, their weights' size does not matter") {
    using Model = Transformer<odd, Rope<>, Stacked<1>, QkNorm<Llama>>;
    const RandomRows rows(lengths, odd.vocab);
    auto             w      = weights_of<Model>();
    const auto       before = logits_of<Model>(w, rows);
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        const Mat<double> m(w.data() + offset, spec.rows, spec.cols);
        if (name == "blocks.0.attention.qkv")
            for (Index i = 0; i < m.rows; ++i)
                for (Index j = 0; j < 2 * odd.width; ++j) m(i, j) *= 1e3;
    });
    const auto after = logits_of<Model>(w, rows);
    for (std::size_t i = 0; i < before.size(); ++i)
        CHECK(after[i] == doctest::Approx(before[i]).epsilon(1e-3));
}

TEST_CASE("gradients of capped logits") {
    check_gradients<Transformer<odd, NoPe, Stacked<1>, Capped<Gpt>>>();
    check_gradients<Transformer<odd, Rope<>, Looped<2, 1>, Capped<Llama>>>();
}

TEST_CASE("capped logits stay below their cap, and a high cap changes little") {
    using Plain = Transformer<odd, NoPe, Stacked<1>, Llama>;
    using Low   = Transformer<odd, NoPe, Stacked<1>, Capped<Llama>>;
    using High  = Transformer<odd, NoPe, Stacked<1>, Capped<Llama, 1'000'000>>;
    const RandomRows rows(lengths, odd.vocab);
    auto             w = weights_of<Plain>();
    for (auto& x : w) x *= 3;
    const auto plain = logits_of<Plain>(w, rows), low = logits_of<Low>(w, rows),
               high = logits_of<High>(w, rows);
    CHECK(*std::max_element(plain.begin(), plain.end()) > 2);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(low[i] == doctest::Approx(2 * std::tanh(plain[i] / 2)));
        CHECK(high[i] == doctest::Approx(plain[i]));
    }
}

TEST_CASE_TEMPLATE("gradients of other positions", Position, Sinusoidal<>, Rope<100, 67>,
                   Rope<10'000, 100, 4>, Rope<10'000, 100, 1, 8>) {
    check_gradients<Transformer<odd, Position, Stacked<1>, Llama>>();
}

TEST_CASE(
    "stretched positions are those of a shorter sequence, and what does not turn does not tell places") {
    const Rotation of = rotation_of<Rope<10'000, 100, 4>>(6);
    for (Index c = 0; c < 3; ++c)
        CHECK(of.angle(12, c) == doctest::Approx(rotation_of<Rope<>>(6).angle(3, c)));
    static_assert(rotation_of<Rope<10'000, 50>>(64).channels == 32);
    static_assert(rotation_of<Rope<>>(64) == Rotation{.channels = 64});
    using Table = Transformer<odd, Sinusoidal<>, Stacked<2>, Gpt>;
    RandomRows rows({3}, odd.vocab);
    rows.tokens       = {4, 4, 4};  // told apart by their places alone
    const auto logits = logits_of<Table>(weights_of<Table>(), rows);
    double     gap    = 0;
    for (std::size_t j = 0; j < odd.vocab; ++j)
        gap = std::max(gap, std::abs(logits[j] - logits[odd.vocab + j]));
    CHECK(gap > 1e-3);
    static_assert(Table::parameters == Transformer<odd, NoPe, Stacked<2>, Gpt>::parameters);
}

TEST_CASE("gradients of loops that choose all of it: several graded passes, and passes computed again") {
    using Style = Around<QkNorm<Capped<Llama>>>;
    check_gradients<Transformer<odd, Rope<100, 67>, Looped<3, 1>, Style>>({.graded = 2});
    check_gradients<Transformer<odd, Rope<100, 67>, Looped<3, 1>, Style>>({.passes = 4, .states = 2});
    check_gradients<Transformer<odd, Sinusoidal<>, Looped<2, 1, AddInput>, After<Relu>>>();
}
