#include <doctest/doctest.h>

#include <sstream>

#include "rung/eval/score.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung;

// Reference: Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", 2001, and R's
// binom.confint.
TEST_CASE("intervals are Wilson's") {
    const auto [low, high] = Score{1, 8, 10}.interval();
    CHECK(low == doctest::Approx(0.4901625).epsilon(1e-6));
    CHECK(high == doctest::Approx(0.9433178).epsilon(1e-6));
}

TEST_CASE("a perfect score is not a certainty, and no problems say nothing") {
    CHECK(Score{1, 256, 256}.interval().low == doctest::Approx(0.98522).epsilon(1e-4));
    CHECK(Score{1, 256, 256}.interval().high == doctest::Approx(1));
    CHECK(Score{1, 0, 256}.interval().low == 0);
    CHECK(Score{1, 0, 0}.interval().high == 1);
    CHECK(Score{1, 0, 0}.exact_match() == 0);
}

TEST_CASE("the frontier is the last difficulty before the first failure") {
    const Report report{{{1, 100, 100}, {2, 99, 100}, {3, 98, 100}, {4, 100, 100}}};
    CHECK(report.frontier(0.99) == 2);
    CHECK(report.frontier(0.9) == 4);
    CHECK(report.at(3).correct == 98);
    CHECK(report.at(9).count == 0);
}

TEST_CASE("a report prints a line per difficulty with its interval") {
    std::ostringstream out;
    out << Report{{{7, 8, 10}}};
    CHECK(out.str().find("7        0.800  [0.490, 0.943]       8 / 10") != std::string::npos);
}

TEST_CASE("a report says how many passes a rule took, where one was asked") {
    const auto text = [](Report const& report) {
        std::ostringstream out;
        out << report;
        return out.str();
    };
    CHECK(text({{{7, 8, 10}}}).find("passes") == std::string::npos);
    CHECK(text({{{7, 8, 10, 3.25}}}) ==
          "difficulty  exact match  95 % interval     correct      passes\n"
          "         7        0.800  [0.490, 0.943]       8 / 10        3.25\n");
}

namespace {
/// Ends every answer with a character that it does not name.
struct Foreign : Reverse {
    Example sample(Rng& rng, int difficulty) const {
        Example example       = Reverse::sample(rng, difficulty);
        example.answer.back() = 'z';
        return example;
    }
};
}  // namespace

TEST_CASE("an answer that no model could write is refused, not counted as wrong") {
    cpu::Context            ctx{{.threads = 1}};
    rung_test::SmallModel<> model{ctx};
    CHECK_THROWS_WITH_AS(evaluate(ctx, model, Foreign{}, {.to = 2, .each = 2}),
                         doctest::Contains("Foreign: answer of '"), Error);
    CHECK_THROWS_WITH_AS(evaluate(ctx, model, Foreign{}, {.to = 2, .each = 2}),
                         doctest::Contains("'; got 'z', wanted one of '0123456789='"), Error);
}

TEST_CASE("evaluation asks fresh problems: right answers count, and the same call gives the same score") {
    using namespace rung_test;
    cpu::Context ctx{{.threads = 2}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    for (int step = 0; step < 400; ++step) trainer.step(small_batch(std::uint32_t(step), 24, 2), 1e-2);
    const Report first = evaluate(ctx, model, Reverse{}, {.to = 4, .each = 100});
    CHECK(first.scores.size() == 4);
    CHECK(first.at(1).exact_match() > 0.8);
    CHECK(first.at(4).exact_match() < 0.5);
    const Report again = evaluate(ctx, model, Reverse{}, {.to = 4, .each = 100});
    for (int n = 1; n <= 4; ++n) CHECK(first.at(n).correct == again.at(n).correct);
    CHECK_THROWS_AS(evaluate(ctx, model, Reverse{}, {.from = 3, .to = 2}), Error);
}
