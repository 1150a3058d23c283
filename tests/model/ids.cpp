// What schemes draw for the ids of a sequence, and the gradients of models that read them.

#include "rung/model/position/ids.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/position/coupled.hpp"
#include "rung/model/position/randomised.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/sinusoidal.hpp"
#include "rung/model/style/llama.hpp"
#include "support/gradients.hpp"

#include <map>

using namespace rung_test;

namespace {

template <class P>
std::vector<int> rows(int count, Phase phase, std::uint32_t number = 0, std::uint32_t step = 0) {
    return drawn_rows<P>(count, phase, 1, step, number);
}

/// Two digits of a number and its copy, each with an id of its own.
RandomRows coupled(int offset) {
    RandomRows all({3, 1, 6}, odd.vocab);
    all.positions = {0, 1, 2, 0, 0, 1, 2, 0, 1, 2};
    for (int& id : all.positions) id += id > 0 ? offset : 0;
    return all;
}

/// A scheme on one page: sequences are read backwards, if chance says so.
struct Mirrored : Learned {
    static constexpr int rows(int context) { return context; }
    static void          draw(std::span<int> rows, Phase, Rng& rng) {
                 if (rng.chance(0.5)) std::reverse(rows.begin(), rows.end());
    }
};

}  // namespace

TEST_CASE(
    "coupled ids above 0 move by the same number in training, any below the offset, and stay put else") {
    std::map<int, int> seen;
    for (std::uint32_t i = 0; i < 600; ++i) {
        const auto all = rows<Coupled<Learned, 3>>(4, Phase::training, i);
        CHECK(all[0] == 0);
        CHECK(all[2] - all[1] == 1);
        CHECK(all[3] - all[1] == 2);
        ++seen[all[1] - 1];
    }
    CHECK(seen.size() == 3);
    for (auto const& [offset, times] : seen) CHECK((offset >= 0 && offset < 3 && times > 150));
    CHECK(rows<Abacus<>>(4, Phase::evaluation, 5) == std::vector<int>{0, 1, 2, 3});
    CHECK(rows<Abacus<>>(0, Phase::training).empty());
}

TEST_CASE("randomised ids ascend, and every sample is as likely as any other") {
    std::map<std::vector<int>, int> seen;
    for (std::uint32_t i = 0; i < 6000; ++i) {
        const auto all = rows<Randomised<Rope<>, 5>>(3, i % 2 ? Phase::training : Phase::evaluation, i);
        CHECK((0 <= all[0] && all[0] < all[1] && all[1] < all[2] && all[2] < 5));
        ++seen[all];
    }
    CHECK(seen.size() == 10);
    for (auto const& [sample, times] : seen) CHECK(times == doctest::Approx(600).epsilon(0.15));
    CHECK(rows<Randomised<Rope<>, 5>>(5, Phase::training) == std::vector<int>{0, 1, 2, 3, 4});
    CHECK_THROWS_AS((rows<Randomised<Rope<>, 5>>(6, Phase::training)), Error);
}

TEST_CASE("what is drawn depends on step, sequence and phase, and nothing else") {
    using P         = Randomised<Learned, 1000>;
    const auto base = rows<P>(9, Phase::training, 4, 7);
    CHECK(base == rows<P>(9, Phase::training, 4, 7));
    CHECK(base != rows<P>(9, Phase::training, 5, 7));
    CHECK(base != rows<P>(9, Phase::training, 4, 8));
    CHECK(base != rows<P>(9, Phase::evaluation, 4, 7));
    CHECK(base != drawn_rows<P>(9, Phase::training, 2, 7, 4));
}

TEST_CASE("tokens of one id look up one row, whatever is drawn") {
    std::vector<int> ids{0, 1, 2, 0, 2, 1};
    look_up<Randomised<Rope<>, 50>>(ids, Phase::training, 1, 0, 0);
    CHECK(ids == [&] {
        const auto all = rows<Randomised<Rope<>, 50>>(3, Phase::training);
        return std::vector<int>{all[0], all[1], all[2], all[0], all[2], all[1]};
    }());
    std::vector<int> plain{0, 3, 1};
    look_up<Learned>(plain, Phase::training, 1, 0, 0);
    CHECK(plain == std::vector<int>{0, 3, 1});
}

TEST_CASE("a scheme that draws a row below 0 is refused") {
    struct Wrong : Rope<> {
        static constexpr int rows(int context) { return context; }
        static void          draw(std::span<int> rows, Phase, Rng&) { rows.back() = -1; }
    };
    CHECK_THROWS_WITH_AS(rows<Wrong>(3, Phase::training), "Position: draw; got row -1, wanted at least 0",
                         Error);
}

TEST_CASE("a table has a row for everything that can be drawn") {
    const auto table = []<class P>(P) {
        Index rows = 0;
        Transformer<odd, P, Stacked<1>, Gpt>::for_each_weight(
            [&](auto const& name, WeightSpec const& spec, Index) {
                if (name == "embed.positions") rows = spec.rows;
            });
        return rows;
    };
    CHECK(table(Learned{}) == odd.context);
    CHECK(table(Abacus<5>{}) == odd.context + 4);
    CHECK(table(Randomised<Learned, 40>{}) == 40);
    CHECK(table(Coupled<Rope<>, 5>{}) == 0);
}

TEST_CASE("gradients of models that read ids") {
    check_gradients<Transformer<odd, Abacus<5>, Stacked<1>, Gpt>>(coupled(4));
    check_gradients<Transformer<odd, Coupled<Rope<>, 90>, Stacked<1>, Llama>>(coupled(89));
    using Learnt = Randomised<Learned, 40>;
    check_gradients<Transformer<odd, Learnt, Looped<2, 1, AddInput>, Llama>>();
    using Waves = Randomised<Sinusoidal<>, 40>;
    check_gradients<Transformer<odd, Waves, Stacked<1>, Gpt>>();
    check_gradients<Transformer<odd, Mirrored, Stacked<1>, Gpt>>();
}
