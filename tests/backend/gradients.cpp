// Every operation's backward pass against finite differences in double precision, odd sizes included.
// The loss is a random weighting of the outputs, so every output's gradient is different.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

double weighted(Mat<double const> y, Mat<double const> weights) {
    double sum = 0;
    for (Index i = 0; i < y.rows; ++i)
        for (Index j = 0; j < y.cols; ++j) sum += y(i, j) * weights(i, j);
    return sum;
}

template <Activation A>
using Of = std::integral_constant<Activation, A>;
#define EVERY_ACTIVATION \
    Of<Activation::gelu>, Of<Activation::silu>, Of<Activation::relu>, Of<Activation::relu_squared>

constexpr std::pair<Index, Index> sizes[] = {{1, 2}, {5, 7}, {3, 300}};

}  // namespace

TEST_CASE_TEMPLATE("activations, alone and as gates", A, EVERY_ACTIVATION) {
    cpu::Lane<double> lane;
    for (auto const& [n, c] : sizes) {
        Random<>   x(n, 2 * c, 1, 2), weights(n, c, 2), y(n, c, 3), dx(n, 2 * c, 4), work(n, 2 * c, 5);
        const auto loss = [&] {
            copy(lane, work.view(), x), cpu::activate_gate<A::value>(lane, y.view(), work.view());
            return weighted(y, weights);
        };
        loss();
        cpu::activate_gate_backward<A::value>(lane, dx.view(), weights, work);
        CHECK(gradient_gap(x, dx, loss) < 1e-8);

        const auto half = x.view().columns(0, c), kept = work.view().columns(0, c),
                   d     = dx.view().columns(0, c);
        const auto plain = [&] {
            copy(lane, kept, half), cpu::activate<A::value>(lane, y.view(), kept);
            return weighted(y, weights);
        };
        plain();
        cpu::activate_backward<A::value>(lane, d, weights, kept);
        CHECK(gradient_gap(half, d, plain) < 1e-8);
    }
}

TEST_CASE("gelu is GPT-2's tanh form") {
    cpu::Lane<double> lane;
    Random<>          x(1, 9, 1, 3), y(1, 9, 2);
    x.data[0] = 0, x.data[1] = 40, x.data[2] = -40;
    const auto before = x.data.copy();
    activate<Activation::gelu>(lane, y.view(), x.view());
    for (Index i = 0; i < 9; ++i) {
        const double v = before[i];
        CHECK(y.data[i] ==
              doctest::Approx(0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)))));
    }
}

TEST_CASE("logits that are capped") {
    cpu::Lane<double> lane;
    Random<>          x(5, 7, 1, 4), weights(5, 7, 2), y(5, 7, 3), dx(5, 7, 4), work(5, 7, 5);
    const auto        loss = [&] {
        return copy(lane, work.view(), x), soft_cap(lane, y.view(), work.view(), 5), weighted(y, weights);
    };
    loss();
    soft_cap_backward(lane, dx.view(), weights, work, 5);
    CHECK(gradient_gap(x, dx, loss) < 1e-8);
}

TEST_CASE("the activations' backward passes may write over what they read") {
    cpu::Lane<double> lane;
    Random<> x(4, 10, 1), h(4, 10, 1), g(4, 20, 3), k(4, 20, 3), dy(4, 10, 5), dx(4, 10, 6), dg(4, 20, 7);
    activate_backward<Activation::relu>(lane, dx.view(), dy, x);
    activate_backward<Activation::relu>(lane, h.view(), dy, h);
    CHECK(bits_of(dx.data) == bits_of(h.data));
    activate_gate_backward<Activation::relu>(lane, dg.view(), dy, g);
    activate_gate_backward<Activation::relu>(lane, k.view(), dy, k);
    CHECK(bits_of(dg.data) == bits_of(k.data));
}

TEST_CASE_TEMPLATE("layer norm, with and without bias", Width, std::integral_constant<int, 2>,
                   std::integral_constant<int, 7>, std::integral_constant<int, 300>) {
    cpu::Lane<double> lane;
    constexpr int     n = 5, c = Width::value;
    for (const Index biased : {0, 1}) {
        Random<> x(n, c, 1, 2, 0.5), gain(1, c, 2), bias(biased, c, 3), weights(n, c, 4), y(n, c, 5),
            stats(n, 2, 6);
        auto       dx = zeros(n, c), dgain = zeros(1, c), dbias = zeros(biased, c);
        const auto loss = [&] {
            return layer_norm<c>(lane, y.view(), stats.view(), x, gain, bias), weighted(y, weights);
        };
        loss();
        add_layer_norm_backward<c>(lane, dx.view(), dgain.view(), dbias.view(), weights, x, stats, gain);
        CHECK(gradient_gap(x, dx, loss) < 1e-7);
        CHECK(gradient_gap(gain, dgain, loss) < 1e-8);
        if (biased) CHECK(gradient_gap(bias, dbias, loss) < 1e-8);
    }
}

TEST_CASE_TEMPLATE("RMS norm", Width, std::integral_constant<int, 2>, std::integral_constant<int, 7>,
                   std::integral_constant<int, 300>) {
    cpu::Lane<double> lane;
    constexpr int     n = 5, c = Width::value;
    Random<>          x(n, c, 1, 2, 0.5), gain(1, c, 2), weights(n, c, 4), y(n, c, 5), stats(n, 1, 6);
    auto              dx = zeros(n, c), dgain = zeros(1, c);
    const auto        loss = [&] {
        return rms_norm<c>(lane, y.view(), stats.view(), x, gain), weighted(y, weights);
    };
    loss();
    add_rms_norm_backward<c>(lane, dx.view(), dgain.view(), weights, x, stats, gain);
    CHECK(gradient_gap(x, dx, loss) < 1e-7);
    CHECK(gradient_gap(gain, dgain, loss) < 1e-8);
}

TEST_CASE_TEMPLATE("a norm of each head, in place", Size, std::integral_constant<int, 1>,
                   std::integral_constant<int, 6>, std::integral_constant<int, 33>) {
    cpu::Lane<double> lane;
    constexpr int     n = 5, heads = 3, D = Size::value, c = heads * D;
    Random<>          x(n, c, 1, 2, 0.5), gain(1, D, 2), weights(n, c, 4), y(n, c, 5), hat(n, c, 6),
        stats(n, heads, 7);
    auto       dgain = zeros(1, D);
    const auto loss  = [&] {
        copy(lane, y.view(), x);
        return head_norm<D>(lane, y.view(), hat.view(), stats.view(), gain), weighted(y, weights);
    };
    loss();
    Random<> d(n, c, 4);
    add_head_norm_backward<D>(lane, d.view(), dgain.view(), hat, stats, gain);
    CHECK(gradient_gap(x, d, loss) < 1e-7);
    CHECK(gradient_gap(gain, dgain, loss) < 1e-8);
}

TEST_CASE("linear layers: input, weights and bias") {
    cpu::Lane<double> lane;
    Random<>          x(5, 7, 1), w(7, 9, 2), bias(1, 9, 3), weights(5, 9, 4), y(5, 9, 5), dx(5, 7, 6);
    auto              dw = zeros(7, 9), dbias = zeros(1, 9);
    const auto        loss = [&] { return matmul(lane, y.view(), x, w, bias), weighted(y, weights); };
    matmul_nt(lane, dx.view(), weights, w);
    add_matmul_tn(lane, dw.view(), x, weights);
    add_column_sums(lane, dbias.view(), weights);
    CHECK(gradient_gap(x, dx, loss) < 1e-8);
    CHECK(gradient_gap(w, dw, loss) < 1e-8);
    CHECK(gradient_gap(bias, dbias, loss) < 1e-8);
}

TEST_CASE("embedding: repeated ids add up") {
    cpu::Lane<double> lane;
    const int         ids[] = {2, 0, 2, 2};
    Random<>          table(3, 5, 1), weights(4, 5, 2), y(4, 5, 3);
    auto              dtable = zeros(3, 5);
    const auto        loss   = [&] {
        return embed(lane, y.view(), table, ids), add_embed(lane, y.view(), table, ids), weighted(y, weights);
    };
    add_embed_backward(lane, dtable.view(), weights, ids);
    add_embed_backward(lane, dtable.view(), weights, ids);
    CHECK(gradient_gap(table, dtable, loss) < 1e-8);
}

TEST_CASE("an id outside the table is refused") {
    cpu::Lane<double> lane;
    const int         ids[] = {3};
    Random<>          table(3, 5, 1), y(1, 5, 3);
    CHECK_THROWS_WITH_AS(embed(lane, y.view(), table, ids), "embed: row 0: id; got 3, wanted 0 to 2", Error);
}

TEST_CASE("rotary positions: the backward pass is the gradient, and scores depend on distance alone") {
    cpu::Lane<double> lane;
    const int         places[] = {0, 3, 3, 17};
    Random<>          x(4, 12, 1), weights(4, 12, 2), d(4, 12, 2), y(4, 12, 3);
    const auto        loss = [&] {
        return copy(lane, y.view(), x), rope(lane, y.view(), places, 3, {}), weighted(y, weights);
    };
    rope_backward(lane, d.view(), places, 3, {});
    CHECK(gradient_gap(x, d, loss) < 1e-8);

    const auto score = [&](int q, int k) {
        Random<>  pair(2, 4, 9);
        const int at[] = {q, k};
        rope(lane, pair.view(), at, 1, {});
        return weighted(pair.view().slice(0, 1), pair.view().slice(1, 1));
    };
    CHECK(score(5, 2) == doctest::Approx(score(105, 102)));
    CHECK(score(5, 2) != doctest::Approx(score(5, 3)));
}

TEST_CASE("attention over ragged sequences, longer than a block of queries too") {
    cpu::Lane<double> lane;
    for (auto const& lengths : {std::vector<int>{1}, {3, 1, 6}, {70, 2}, {130}}) {
        const RandomRows rows(lengths, 5);
        const Index      n = rows.view().rows(), c = 6;
        Random<>         qkv(n, 3 * c, 1), weights(n, c, 2), out(n, c, 3), lse(n, 2, 4), dqkv(n, 3 * c, 5);
        const auto       loss = [&] {
            return attention<3>(lane, out.view(), lse.view(), qkv, rows.view()), weighted(out, weights);
        };
        loss();
        attention_backward<3>(lane, dqkv.view(), weights, out, lse, qkv, rows.view());
        CHECK(gradient_gap(qkv, dqkv, loss, 90) < 1e-7);
    }
}

TEST_CASE("attention's bias, and keys that several heads read, with and without a mask") {
    cpu::Lane<double> lane;
    const RandomRows  rows({3, 1, 70}, 5);
    const Index       n = rows.view().rows(), heads = 4, c = heads * 3, all = c + 2 * 2 * 3, reach = 71;
    for (const Mask mask : {Mask::causal, Mask::none})
        for (const BiasBy by : {BiasBy::distance, BiasBy::pair}) {
            Random<> qkv(n, all, 1), weights(n, c, 2), out(n, c, 3), lse(n, heads, 4), dqkv(n, all, 5),
                bias(entries_of(by, mask, reach), heads, 6);
            auto       dbias = zeros(bias.rows, heads);
            const auto look  = [&] { return Look<double>{mask, by, reach, bias}; };
            const auto loss  = [&] {
                return attention<3>(lane, out.view(), lse.view(), qkv, rows.view(), look()),
                       weighted(out, weights);
            };
            for (int i = 0; i < 2; ++i) {  // gradients of the table add up, those of qkv do not
                loss();
                attention_backward<3>(lane, dqkv.view(), weights, out, lse, qkv, rows.view(), look(),
                                      dbias.view());
            }
            for (auto& d : dbias.data) d /= 2;
            CHECK(gradient_gap(qkv, dqkv, loss, 90) < 1e-7);
            CHECK(gradient_gap(bias, dbias, loss, 90) < 1e-7);
        }
}

TEST_CASE("attention is the textbook formula") {
    cpu::Lane<double> lane;
    const RandomRows  rows({4, 3}, 5);
    Random<>          qkv(7, 18, 1), out(7, 6, 2), lse(7, 2, 3);
    attention<3>(lane, out.view(), lse.view(), qkv, rows.view());
    const Index i = 6, first   = 4;  // last token of the second sequence, second head
    double      weight[3], sum = 0, y = 0;
    for (Index j = 0; j < 3; ++j) {
        double s = 0;
        for (Index c = 3; c < 6; ++c) s += qkv.view()(i, c) * qkv.view()(first + j, 6 + c);
        sum += weight[j] = std::exp(s / std::sqrt(3.0));
    }
    for (Index j = 0; j < 3; ++j) y += weight[j] / sum * qkv.view()(first + j, 12 + 4);
    CHECK(out.view()(i, 4) == doctest::Approx(y));
    CHECK(lse.view()(i, 1) == doctest::Approx(std::log(sum)));
}

TEST_CASE("cross-entropy leaves its gradient in the logits and grades only what has a target") {
    cpu::Lane<double> lane;
    Random<>          logits(4, 5, 1, 3), work(4, 5, 1, 3);
    const int         targets[] = {2, -1, 0, 4};
    const auto        loss      = [&] {
        copy(lane, work.view(), logits);
        return 0.25 * cross_entropy(lane, work.view(), targets, 0.25);
    };
    loss();
    Random<> gradient(4, 5, 2);
    copy(lane, gradient.view(), work);
    CHECK(gradient_gap(logits, gradient, loss) < 1e-8);
    for (Index j = 0; j < 5; ++j) CHECK(gradient.view()(1, j) == 0);
}

TEST_CASE("with a smoothed label and a z-loss the gradient is that of their sum, the loss as without") {
    cpu::Lane<double> lane;
    const LossOptions options{.label_smoothing = 0.1, .z_loss = 0.03};
    Random<>          logits(4, 5, 1, 3), gradient(4, 5, 1, 3), plain(4, 5, 1, 3);
    const int         targets[] = {2, -1, 0, 4};
    const auto        objective = [&] {
        double sum = 0;
        for (Index i = 0; i < 4; ++i) {
            if (targets[i] < 0) continue;
            double z = 0, logs = 0;
            for (Index j = 0; j < 5; ++j) z += std::exp(logits.view()(i, j));
            for (Index j = 0; j < 5; ++j) logs += logits.view()(i, j) - std::log(z);
            sum += -0.9 * (logits.view()(i, targets[i]) - std::log(z)) - 0.1 * logs / 5 +
                   0.03 * std::log(z) * std::log(z);
        }
        return 0.25 * sum;
    };
    CHECK(cross_entropy(lane, gradient.view(), targets, 0.25, options) ==
          cross_entropy(lane, plain.view(), targets, 0.25));
    CHECK(gradient_gap(logits, gradient, objective) < 1e-8);
    for (Index j = 0; j < 5; ++j) CHECK(gradient.view()(1, j) == 0);
}

TEST_CASE("a target outside the vocabulary is refused") {
    cpu::Lane<double> lane;
    Random<>          logits(1, 5, 1);
    const int         targets[] = {5};
    CHECK_THROWS_AS(cross_entropy(lane, logits.view(), targets, 1.0), Error);
}

TEST_CASE_TEMPLATE("random words by vectors are those of the stream", Bytes, std::integral_constant<int, 16>,
                   std::integral_constant<int, 32>, std::integral_constant<int, 64>) {
    using Blocks = cpu::PhiloxBlocks<Bytes::value>;
    for (const std::uint32_t block :
         {0u, 1u, 0xfffffffeu}) {  // and past the last block, where it begins anew
        const RandomBits first = counter_of(Purpose::dropout, 5, 0x89abcdef, 0xffffff, 0);
        const auto       key   = key_of(0xfedcba9876543210);
        std::uint32_t    words[Blocks::words];
        Blocks::draw(words, first, key, block);
        for (std::uint32_t i = 0; i < Blocks::words; i += 4) {
            const auto wanted = philox({block + i / 4, first[1], first[2], first[3]}, key);
            CHECK(std::equal(wanted.begin(), wanted.end(), words + i));
        }
    }
}

TEST_CASE("dropout zeroes the asked share, keeps the mean, and repeats itself for the backward pass") {
    cpu::Lane<double> lane;
    auto              ones = zeros(200, 100), again = zeros(200, 100), other = zeros(200, 100);
    fill(lane, ones.view(), 1), fill(lane, again.view(), 1), fill(lane, other.view(), 1);
    const Dropout drop{.rate = 0.3f, .seed = 1, .step = 5};
    dropout(lane, ones.view(), drop, 2, 0);
    dropout(lane, again.view(), drop, 2, 0);
    dropout(lane, other.view(), drop, 3, 0);
    CHECK(bits_of(ones.data) == bits_of(again.data));
    CHECK(bits_of(ones.data) != bits_of(other.data));
    const auto   dropped = std::count(ones.data.begin(), ones.data.end(), 0.0);
    const double mean    = std::accumulate(ones.data.begin(), ones.data.end(), 0.0) / 20'000;
    CHECK(double(dropped) / 20'000 == doctest::Approx(0.3).epsilon(0.04));
    CHECK(mean == doctest::Approx(1).epsilon(0.02));
    auto late = zeros(10, 100);
    fill(lane, late.view(), 1);
    dropout(lane, late.view(), drop, 2, 190);  // rows are named by their place in the batch, not in the slice
    CHECK(std::equal(late.data.begin(), late.data.end(), ones.data.begin() + 190 * 100));
}
