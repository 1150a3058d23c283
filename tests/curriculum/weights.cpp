#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "rung/curriculum/grow_when_mastered.hpp"
#include "rung/curriculum/shaped.hpp"
#include "rung/curriculum/staged.hpp"
#include "rung/curriculum/uniform.hpp"
#include "rung/curriculum/weighted.hpp"
#include "rung/task/addition.hpp"
#include "support/chi_square.hpp"

using namespace rung;

namespace {

constexpr int million = 1'000'000;

/// How the difficulties first .. last - 1 of a stream are distributed, beside the shares that they should have.
template <class Curriculum>
double distance(Curriculum const& curriculum, std::map<Difficulty, double> const& shares, int first, int last,
                int step = 0) {
    std::map<Difficulty, double> seen;
    for (int i = first; i < last; ++i) {
        Rng rng(1, Purpose::training, 0, std::uint32_t(i));
        ++seen[draw_difficulty(curriculum, rng, step)];
    }
    double              sum = 0;
    std::vector<double> counts, expected;
    for (auto const& [difficulty, share] : shares) sum += share;
    for (auto const& [difficulty, share] : shares) {
        counts.push_back(seen[difficulty]), expected.push_back(share / sum * (last - first));
        seen.erase(difficulty);
    }
    CHECK(seen.empty());  // none beside these
    return std::abs(rung_test::chi_square(counts, expected));
}
template <class Curriculum>
void check_halves(Curriculum const& curriculum, std::map<Difficulty, double> const& shares, int step = 0) {
    CHECK(distance(curriculum, shares, 0, million / 2, step) < 5);
    CHECK(distance(curriculum, shares, million / 2, million, step) < 5);
}

}  // namespace

TEST_CASE("both halves of a million draws have the stated distribution: uniform") {
    check_halves(Uniform{3, 6}, {{3, 1}, {4, 1}, {5, 1}, {6, 1}});
    check_halves(Uniform{{1, 2}, {2, 3}}, {{{1, 2}, 1}, {{1, 3}, 1}, {{2, 2}, 1}, {{2, 3}, 1}});
    check_halves(Weighted::uniform(3, 5), {{3, 1}, {4, 1}, {5, 1}});
}

TEST_CASE("both halves of a million draws have the stated distribution: any weights, exponential both ways") {
    check_halves(Weighted{{{7, 0.5}, {1, 2}, {3, 0}, {20, 0.1}}}, {{7, 0.5}, {1, 2}, {20, 0.1}});
    check_halves(Weighted::exponential(2, 5, 2), {{2, 1}, {3, 2}, {4, 4}, {5, 8}});
    check_halves(Weighted::reverse_exponential(2, 5, 2), {{2, 8}, {3, 4}, {4, 2}, {5, 1}});
    check_halves(Weighted::exponential({1, 1}, {2, 2}, 3),
                 {{{1, 1}, 1}, {{1, 2}, 3}, {{2, 1}, 3}, {{2, 2}, 9}});
    CHECK(Weighted{{{7, 1}, {9, 0}}}.hardest() == 7);
    CHECK(Weighted{{{{1, 5}, 1}, {{3, 2}, 1}}}.hardest() == Difficulty{3, 5});
}

TEST_CASE("both halves of a million draws have the stated distribution: stages, and shapes that move") {
    const Staged staged{{{100, Weighted::uniform(1, 2)}, {200, Weighted{{{3, 3}, {1, 1}}}}}};
    check_halves(staged, {{1, 1}, {2, 1}}, 99);
    check_halves(staged, {{3, 3}, {1, 1}}, 100);
    CHECK(staged.hardest() == 3);
    CHECK(staged.stage(0) == 0);
    CHECK(staged.stage(199) == 1);
    CHECK(staged.stage(1'000'000) == 1);
    const auto   bell = [](int d, int step) { return std::exp(-0.5 * std::pow(d - step / 100.0, 2)); };
    const Shaped shaped{1, 4, bell};
    for (const int step : {100, 350})
        check_halves(shaped, {{1, bell(1, step)}, {2, bell(2, step)}, {3, bell(3, step)}, {4, bell(4, step)}},
                     step);
    CHECK(shaped.hardest() == 4);
    static_assert(explain_curriculum<Staged>::ok &&
                  explain_curriculum<std::remove_const_t<decltype(shaped)>>::ok);
}

TEST_CASE("both halves of a million draws have the stated distribution: practice and review") {
    GrowWhenMastered grow{{.start = 1, .limit = 5, .mastery = 0.5, .review = 0.4}};
    grow.observe({{{1, 1, 1}}});
    check_halves(grow, {{1, 0.2}, {2, 0.8}});
}

TEST_CASE("both halves of a million draws have the stated distribution: operands of equal and free lengths") {
    for (int half = 0; half < 2; ++half) {
        std::vector<double> free(9), equal(3), mixed(5);
        for (int i = half * million / 2; i < (half + 1) * million / 2; ++i) {
            Rng        rng(2, Purpose::training, 0, std::uint32_t(i));
            const auto lengths = [](auto const& task, Example const& example) {
                const auto [a, b] = task.numbers(example.prompt);
                return std::pair{int(a.size()), int(b.size())};
            };
            const ByOperand<PlainAddition> each{};
            const auto [a, b] = lengths(each, each.sample(rng, Uniform{{1, 1}, {3, 3}}.difficulty(rng)));
            ++free[std::size_t(3 * (a - 1) + b - 1)];
            if (i % 2) continue;
            const PlainAddition both{};
            const auto [c, d] = lengths(both, both.sample(rng, Uniform{1, 3}.difficulty(rng)));
            CHECK(c == d);
            ++equal[std::size_t(c - 1)];
            const PlainAddition longest{.operands = Operands::mixed};
            const auto [e, f] = lengths(longest, longest.sample(rng, 3));
            ++mixed[std::size_t(e == 3 ? 3 - f : 2 + e)];  // (3,3), (3,2), (3,1), (1,3), (2,3)
        }
        CHECK(std::abs(rung_test::chi_square(free)) < 5);
        CHECK(std::abs(rung_test::chi_square(equal)) < 5);
        const double n = mixed[0] + mixed[1] + mixed[2] + mixed[3] + mixed[4];
        CHECK(std::abs(rung_test::chi_square(mixed, {n / 3, n / 6, n / 6, n / 6, n / 6})) < 5);
    }
}

TEST_CASE("senseless weights, stages and shapes are refused") {
    Rng rng(1, Purpose::user);
    CHECK_THROWS_WITH_AS((Weighted{{{1, -1}}}), "Weighted: weight 0; got -1, wanted a number of at least 0",
                         Error);
    CHECK_THROWS_WITH_AS((Weighted{{{1, 0}, {2, 0}}}),
                         "Weighted: sum of 2 weights; got 0, wanted a finite number of at least 2.22507e-308",
                         Error);
    CHECK_THROWS_AS((Weighted{{{{1, 1}, 1}, {1, 1}}}), Error);
    CHECK_THROWS_AS(Weighted{std::vector<Weighted::Share>{}}, Error);
    CHECK_THROWS_WITH_AS(Weighted::exponential(1, 3, 0), "Weighted: ratio; got 0, wanted more than 0", Error);
    CHECK_THROWS_AS(Weighted::reverse_exponential(1, 3, 0), Error);
    CHECK_THROWS_WITH_AS(Weighted::uniform(3, 1),
                         "Weighted: range; got 3 to 1, wanted 1 <= from <= to, of one axis or of two", Error);
    CHECK_THROWS_WITH_AS((Staged{{{5, Weighted::uniform(1, 2)}, {5, Weighted::uniform(1, 3)}}}),
                         "Staged: step at which a stage ends; got 5 after 5, wanted each later than the one "
                         "before",
                         Error);
    CHECK_THROWS_AS((Staged{{}}), Error);
    const Shaped never{1, 2, [](int, int) { return 0.0; }};
    CHECK_THROWS_AS(never.difficulty(rng, 0), Error);
}

TEST_CASE("growing waits for as many tests in a row as it is told to, and goes on from its state") {
    const GrowOptions options{.start = 2, .limit = 4, .mastery = 0.9, .tests = 2};
    GrowWhenMastered  grow{options};
    grow.observe({{{2, 9, 10}}});
    CHECK(grow.state() == "2 1");
    GrowWhenMastered other{options};
    other.restore(grow.state());
    grow.observe({{{2, 8, 10}}});
    CHECK(grow.state() == "2 0");
    other.observe({{{2, 10, 10}}});
    CHECK(other.state() == "3 0");
    CHECK(other.reached() == 3);
    CHECK_THROWS_WITH_AS(
        other.restore("5 0"),
        "GrowWhenMastered: state; got '5 0', wanted a level of 2 to 4, a space and a number of "
        "tests",
        Error);
    for (const char* broken : {"", "3", "3 ", "3 x", "3 0 ", "x 0", "3 -1"})
        CHECK_THROWS_AS(other.restore(broken), Error);
    static_assert(KeepsState<GrowWhenMastered> && !TellsState<Uniform>);
}

TEST_CASE("weights so small that a share of their sum is the sum are refused, and no pick is past the end") {
    CHECK_THROWS_AS((Weighted{{{1, 4e-320}, {2, 4e-320}}}), Error);
    Rng        rng(1, Purpose::user);
    const auto sums = detail::sums_of("test", {1e-300, 0});
    for (int i = 0; i < 10'000; ++i) CHECK(detail::pick(rng, sums) == 0);
}
