// Positional schemes against PyTorch (tests/fixtures/positions.py), and the gradients of those that learn.

#include <doctest/doctest.h>

#include <array>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/model/position/alibi.hpp"
#include "rung/model/position/fire.hpp"
#include "rung/model/position/kerple.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/nope.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/score.hpp"
#include "rung/model/position/sinusoidal.hpp"
#include "rung/model/position/t5.hpp"
#include "rung/model/position/window.hpp"
#include "support/random.hpp"
#include "support/tsv.hpp"

using namespace rung_test;

namespace {

constexpr Index T = 24, C = 12, H = 3, D = 4;
constexpr Shape shape{.vocab = 7, .context = 30, .width = int(C), .heads = int(H)};

/// The same formula as in the script.
Random<double> numbers(Index rows, Index cols, int seed) {
    auto m = zeros(rows, cols);
    for (Index i = 0; i < rows * cols; ++i)
        m.data[i] = std::sin(0.37 * double(i) * (seed + 1) + 0.11 * seed + 0.5);
    return m;
}

/// Matrices of those numbers one after another, as a scheme's weights.
Random<double> joined(std::vector<std::array<int, 3>> const& parts) {
    std::vector<double> all;
    for (auto const& [rows, cols, seed] : parts) {
        const auto part = numbers(rows, cols, seed);
        all.insert(all.end(), part.data.begin(), part.data.end());
    }
    auto m = zeros(1, Index(all.size()));
    std::copy(all.begin(), all.end(), m.data.begin());
    return m;
}

/// A whole attention layer under a scheme, over one sequence.
template <class Position, Mask M = Mask::causal>
Random<double> layer(Random<double> const& w = zeros(1, 1), Index kv = H) {
    cpu::Lane<double> lane;
    RandomRows        rows({int(T)}, 7);
    const Index       all = C + 2 * kv * D;
    const auto        in = numbers(C, all, 1), out = numbers(C, C, 2);
    auto x = numbers(T, C, 0), qkv = zeros(T, all), a = zeros(T, C), y = zeros(T, C), lse = zeros(T, H);
    using Scores    = ScoreBias<Position, shape, M>;
    const auto look = Scores::forward(lane, T, Weights<double>(w.data.data()));
    if (Position::site == Site::embedding) add(lane, x.view(), numbers(T, C, 10));
    if constexpr (Position::site == Site::sinusoids)
        add_sinusoids(lane, x.view(), rows.positions.data(), Position::theta, 1);
    matmul(lane, qkv.view(), x, in);
    if constexpr (Position::site == Site::query_key)
        rope(lane, qkv.view().columns(0, C + kv * D), rows.positions.data(), int(H + kv),
             rotation_of<Position>(D));
    attention<D>(lane, a.view(), lse.view(), qkv, rows.view(), look);
    matmul(lane, y.view(), a, out);
    return y;
}

/// Largest distance from the table of that name.
double apart_from(std::string const& name, Random<double> const& y) {
    double most = 0;
    Index  rows = 0;
    for (auto const& row : golden("positions"))
        if (row.at("kind") == "attention" && row.at("name") == name) {
            const double wanted = std::stod(row.at("value")), got = y.data[5 * std::stoi(row.at("index"))];
            most = std::max(most, std::abs(got - wanted)), ++rows;
        }
    return rows > 50 ? most : 1;
}

/// The gradient of a scheme's weights, through attention over ragged sequences, against finite differences.
template <class Position, Mask M>
void check_gradient(Index reach) {
    using Scores = ScoreBias<Position, shape, M>;
    cpu::Lane<double> lane;
    const RandomRows  rows({3, 1, 12}, 5);
    const Index       n = rows.view().rows();
    Random<> w(1, size_of(Scores::weights).flat, 9, 0.5, 0.3), weights(n, C, 2), out(n, C, 3), lse(n, H, 4),
        qkv(n, 3 * C, 1), dqkv(n, 3 * C, 1);
    auto       dw    = zeros(1, w.cols);
    const auto table = [&] { return Scores::forward(lane, reach, Weights<double>(w.data.data())); };
    const auto loss  = [&] {
        lane.reset();
        attention<D>(lane, out.view(), lse.view(), qkv, rows.view(), table());
        double sum = 0;
        for (Index i = 0; i < n * C; ++i) sum += out.data[i] * weights.data[i];
        return sum;
    };
    loss();
    lane.reset();
    const auto look = table();
    const auto d    = Scores::gradient(lane, look);
    for (int block = 0; block < 2; ++block)  // as many layers share the table
        attention_backward<D>(lane, dqkv.view(), weights, out, lse, qkv, rows.view(), look, d);
    Scores::add_backward(lane, dw.data.data(), d, look, Weights<double>(w.data.data()));
    for (auto& x : dw.data) x /= 2;
    CHECK(gradient_gap(w, dw, loss, w.cols) < 1e-7);
}

/// A scheme on one page: keys nearer than a learned bias per parity, and their distance.
struct Mine {
    static constexpr Site site     = Site::score;
    static constexpr int  features = 3;
    static double         feature(int f, int distance, Mask) {
                return f < 2 ? double(std::abs(distance) % 2 == f) : 0.1 * distance;
    }
};

}  // namespace

TEST_CASE("attention under every scheme is PyTorch's") {
    CHECK(apart_from("none", layer<NoPe>()) < 1e-6);
    CHECK(apart_from("bidirectional", layer<NoPe, Mask::none>()) < 1e-6);
    CHECK(apart_from("learned", layer<Learned>()) < 1e-6);
    CHECK(apart_from("sinusoidal", layer<Sinusoidal<>>()) < 1e-6);
    CHECK(apart_from("rope", layer<Rope<>>()) < 1e-6);
    CHECK(apart_from("rope, half of a head, stretched", layer<Rope<10'000, 50, 4>>()) < 1e-6);
    CHECK(apart_from("alibi", layer<Alibi>()) < 1e-6);
    CHECK(apart_from("alibi, one key head", layer<Alibi>(zeros(1, 1), 1)) < 1e-6);
    CHECK(apart_from("alibi, bidirectional", layer<Alibi, Mask::none>()) < 1e-6);
    CHECK(apart_from("window", layer<Window<3>>()) < 1e-6);
    CHECK(apart_from("window, bidirectional", layer<Window<3>, Mask::none>()) < 1e-6);
    const auto buckets = numbers(8, H, 3), rates = numbers(2, H, 4);
    CHECK(apart_from("t5", layer<T5<8, 20>>(buckets)) < 1e-6);
    CHECK(apart_from("t5, bidirectional", layer<T5<8, 20>, Mask::none>(buckets)) < 1e-6);
    CHECK(apart_from("kerple", layer<Kerple>(rates)) < 1e-6);
    const auto net = joined({{1, 2, 5}, {1, 5, 6}, {1, 5, 7}, {5, int(H), 8}});
    CHECK(apart_from("fire", layer<Fire<5, 8>>(net)) < 1e-6);
    CHECK(apart_from("fire, bidirectional", layer<Fire<5, 8>, Mask::none>(net)) < 1e-6);
}

TEST_CASE("T5's buckets and ALiBi's slopes are those of their authors' code") {
    for (auto const& row : golden("positions")) {
        const int at = std::stoi(row.at("index"));
        if (row.at("kind") == "slope")
            CHECK(Alibi::slope(at, std::stoi(row.at("name"))) == doctest::Approx(std::stod(row.at("value"))));
        if (row.at("kind") == "bucket")
            CHECK(T5<>::bucket(at, row.at("name") == "causal" ? Mask::causal : Mask::none) ==
                  std::stoi(row.at("value")));
    }
}

TEST_CASE("gradients of every scheme's weights, with and without a mask") {
    const auto both = []<class Position>(Position) {
        for (const Index reach : {12, 30}) {
            check_gradient<Position, Mask::causal>(reach);
            check_gradient<Position, Mask::none>(reach);
        }
    };
    both(T5<8, 20>{}), both(Kerple{}), both(Fire<5, 8>{}), both(Mine{});
}

TEST_CASE("a scheme that learns nothing has no weights, and its table is made once") {
    using Scores = ScoreBias<Alibi, shape, Mask::causal>;
    static_assert(Scores::weights.empty() && Scores::there && !Scores::learns);
    static_assert(!ScoreBias<Rope<>, shape, Mask::causal>::there);
    cpu::Lane<double> lane;
    const auto        first = Scores::forward(lane, 30, Weights<double>(nullptr)),
               fewer        = Scores::forward(lane, 8, Weights<double>(nullptr));
    CHECK(fewer.bias.data == first.bias.data + 22 * H);
    CHECK(Scores::gradient(lane, fewer).empty());
    CHECK_THROWS_WITH_AS(Scores::forward(lane, 31, Weights<double>(nullptr)),
                         "Transformer: tokens of a sequence; got 31, wanted at most 30, the context", Error);
}
