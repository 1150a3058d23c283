#include <doctest/doctest.h>

#include <map>
#include <set>

#include "rung/data/apart.hpp"
#include "rung/data/number_pairs.hpp"
#include "rung/data/unseen.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/multiplication.hpp"
#include "support/chi_square.hpp"

using namespace rung;

namespace {

std::map<int, int> by_digits(std::vector<NumberPair> const& pairs) {
    std::map<int, int> seen;
    for (auto const& [a, b] : pairs) ++seen[int(std::max(a.size(), b.size()))];
    return seen;
}
std::map<int, int> by_carries(std::vector<NumberPair> const& pairs) {
    std::map<int, int> seen;
    for (auto const& [a, b] : pairs) ++seen[carries(a, b)];
    return seen;
}
bool held(std::vector<NumberPair> const& all, std::vector<NumberPair> const& some) {
    std::multiset<NumberPair> left(all.begin(), all.end());
    for (auto const& pair : some) {
        const auto found = left.find(pair);
        if (found == left.end()) return false;
        left.erase(found);
    }
    return true;
}

}  // namespace

TEST_CASE("carries are counted") {
    CHECK(carries("128", "367") == 1);
    CHECK(carries("128", "893") == 3);
    CHECK(carries("9", "991") == 3);
    CHECK(carries("0", "0") == 0);
    CHECK(carries("123456789123456789", "1") == 1);
}

// The paper's own file of 10,000 has 112 pairs of one digit, 971 of two, 8,917 of three, and 2,500 of every number of
// carries.
TEST_CASE("the balanced set has the digits and carries of the paper's") {
    const auto pairs = balanced_pairs({});
    REQUIRE(pairs.size() == 10'000);
    auto digits = by_digits(pairs);
    CHECK(digits[1] >= 105);
    CHECK(digits[1] <= 125);
    CHECK(digits[2] == doctest::Approx(971).epsilon(0.05));
    CHECK(by_carries(pairs) == std::map<int, int>{{0, 2500}, {1, 2500}, {2, 2500}, {3, 2500}});
    const std::set<NumberPair> seen(pairs.begin(), pairs.end());
    for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) CHECK(seen.count({std::to_string(a), std::to_string(b)}) == 1);
    for (auto const& [a, b] : pairs) CHECK((a == "0" || a.front() != '0'));
}

TEST_CASE("a smaller balanced set is a part of the larger one and keeps the pairs of one digit") {
    const auto all = balanced_pairs({.seed = 7}), some = balanced_pairs({.count = 500, .seed = 7});
    REQUIRE(some.size() == 500);
    CHECK(held(all, some));
    CHECK(by_digits(some)[1] >= 100);
    CHECK(balanced_pairs({.count = 500, .seed = 7}) == some);
    CHECK(balanced_pairs({.count = 500, .seed = 8}) != some);
    CHECK(by_digits(balanced_pairs({.count = 20'000}))[2] == doctest::Approx(1942).epsilon(0.05));
    CHECK_THROWS_WITH_AS(balanced_pairs({.count = 99}),
                         "balanced_pairs: count; got 99, wanted 100 to 100000000", Error);
}

TEST_CASE("each balance can be had without the other") {
    auto digits = by_digits(balanced_pairs({.count = 10'000, .digits = false, .carries = false}));
    CHECK(digits[1] < 10);
    CHECK(digits[3] == doctest::Approx(9'900).epsilon(0.01));
    auto carried = by_carries(balanced_pairs({.digits = false}));
    CHECK(carried == std::map<int, int>{{0, 2500}, {1, 2500}, {2, 2500}, {3, 2500}});
    CHECK(by_carries(balanced_pairs({.carries = false}))[3] != 2500);
}

TEST_CASE("sets of many digits have the counts of the paper's") {
    CHECK(by_digits(growing_pairs({})) ==
          std::map<int, int>{{1, 100}, {2, 750}, {3, 1098}, {4, 1464}, {5, 1830}, {6, 2196}, {7, 2562}});
    CHECK(by_digits(growing_pairs({.count = 105, .digits = 3})) ==
          std::map<int, int>{{1, 100}, {2, 2}, {3, 3}});
    CHECK(by_digits(growing_pairs({.count = 1'000, .digits = 9})).size() == 9);
    CHECK_THROWS_AS(growing_pairs({.count = 104, .digits = 3}), Error);
    CHECK_THROWS_AS(growing_pairs({.digits = 10}), Error);
}

TEST_CASE("an addition table is split into what is shown and the rest, and more shows more of it") {
    const auto table = split_table(100, 1'000, 3);
    CHECK(table.shown.size() == 1'000);
    CHECK(table.rest.size() == 9'000);
    std::set<NumberPair> all(table.shown.begin(), table.shown.end());
    all.insert(table.rest.begin(), table.rest.end());
    CHECK(all.size() == 10'000);
    CHECK(all.count({"0", "99"}) == 1);
    CHECK(held(split_table(100, 2'000, 3).shown, table.shown));
    CHECK_THROWS_WITH_AS(
        split_table(10, 100),
        "split_table: shown; got 100 of 100 sums, wanted at least 1, and at least 1 left for "
        "the test",
        Error);
}

TEST_CASE("every sum of a table is shown equally often") {
    std::vector<double> counts(16);
    for (std::uint64_t seed = 0; seed < 4'000; ++seed)
        for (auto const& [a, b] : split_table(4, 4, seed).shown)
            ++counts[std::size_t(4 * (a[0] - '0') + b[0] - '0')];
    CHECK(std::abs(rung_test::chi_square(counts)) < 5);
}

TEST_CASE("a set gives its examples equally often, at the difficulties of their numbers") {
    const ExampleSet    set{PlainAddition{}, std::vector<NumberPair>{{"0", "7"}, {"12", "3"}, {"5", "999"}}};
    std::vector<double> counts(3);
    for (std::uint32_t i = 0; i < 30'000; ++i) {
        Rng        rng(1, Purpose::training, 0, i);
        const Item item = set.draw(rng, 0, Answering::by_token);
        ++counts[std::size_t(item.difficulty.first - 1)];
        CHECK(int(item.tokens.size()) - 1 <= set.longest());
        Rng again(1, Purpose::training, 0, i);
        CHECK(set.draw(again, 5, Answering::by_token).tokens == item.tokens);
    }
    CHECK(std::abs(rung_test::chi_square(counts)) < 5);
    CHECK(set.size() == 3);
    CHECK(set.contains("12+3="));
    CHECK_FALSE(set.contains("3+12="));
    CHECK(set.examples()[2] == Example{"5+999=", "1004"});
    static_assert(Source<ExampleSet<PlainAddition>>);
}

TEST_CASE("a set of given examples knows its longest, and at once its answers have as many places") {
    const ExampleSet set{Copy{}, std::vector<Example>{{"12=", "12"}, {"1=", "1"}}};
    CHECK(set.longest() == 6);
    Rng rng(1, Purpose::training);
    for (int i = 0; i < 20; ++i) CHECK(int(set.draw(rng, 0, Answering::at_once).tokens.size()) == 6);
    CHECK_THROWS_WITH_AS((ExampleSet{Copy{}, std::vector<Example>{}}),
                         "ExampleSet: examples; got none, wanted at least 1", Error);
    CHECK_THROWS_AS((ExampleSet{Copy{}, std::vector<Example>{{"1=", "1"}}, {1, 2}}), Error);
}

TEST_CASE("a set of a task of two axes has the digits of both numbers as difficulties") {
    const ExampleSet set{Multiplication{}, std::vector<NumberPair>{{"12", "3"}}};
    CHECK(set.difficulties()[0] == Difficulty{2, 1});
}

TEST_CASE("a test of unseen problems never asks one of the set") {
    const auto            table = split_table(10, 60);
    const ExampleSet      set{PlainAddition{}, table.shown};
    const auto            fresh = unseen(PlainAddition{}, set);
    std::set<std::string> asked;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        Rng        rng(1, Purpose::evaluation, 1, i);
        const auto example = sample(fresh, rng, 1);
        CHECK_FALSE(set.contains(example.prompt));
        asked.insert(example.prompt);
    }
    for (auto const& [a, b] : table.rest) CHECK(asked.count(a + "+" + b + "=") == (a != "0" && b != "0"));
    static_assert(explain_task<decltype(fresh)>::ok);
}

TEST_CASE("a test of listed problems asks all of them and no others") {
    const auto            table = split_table(12, 60);
    const ExampleSet      rest{PlainAddition{}, table.rest};
    const Listed          test{rest};
    std::set<std::string> asked;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        Rng rng(1, Purpose::evaluation, 1, i);
        asked.insert(sample(test, rng, 1 + int(i % 2)).prompt);
    }
    CHECK(std::vector<std::string>(asked.begin(), asked.end()) == rest.prompts());
    Rng rng(1, Purpose::evaluation);
    CHECK_THROWS_WITH_AS(
        sample(test, rng, 3),
        doctest::Contains("Listed: difficulty; got 3, wanted one of which the set has examples"), Error);
}

TEST_CASE("digits and pairs are left out, of every format that says which numbers it is about") {
    const Excluding no_five{Addition{}, DigitAt{.digit = 5, .place = 0}};
    const Excluding none{PlainAddition{}, DigitAt{5}};
    const Excluding no_pair{PlainAddition{}, Pairs{{{"1", "2"}, {"3", "4"}}}};
    int             tens = 0;
    Rng             rng(1, Purpose::training);
    for (int i = 0; i < 3'000; ++i) {
        const auto [a, b] = Addition::numbers(sample(no_five, rng, 2).prompt);
        CHECK((a.back() != '5' && b.back() != '5'));
        tens += a.front() == '5';
        CHECK(sample(none, rng, 3).prompt.find('5') == std::string::npos);
        const auto prompt = sample(no_pair, rng, 1).prompt;
        CHECK((prompt != "1+2=" && prompt != "3+4="));
    }
    CHECK(tens == doctest::Approx(3'000 / 9).epsilon(0.2));
    using Padded = AdditionIn<ZeroPadded<Plain>>;
    const Excluding padded{Padded{}, Pairs{{{"853", "97"}}}};
    CHECK(padded.excludes(Padded{}.example("853", "97")));
    CHECK(!padded.excludes(Padded{}.example("97", "853")));
    CHECK(!Excluding{Padded{}, DigitAt{.digit = 0}}.excludes(Padded{}.example("853", "97")));
    const Excluding unsorted{Copy{}, Prompts{{"5=", "9=", "1="}}};
    for (char digit = '1'; digit <= '9'; ++digit) {
        const std::string one(1, digit);
        CHECK(unsorted.excludes(Copy{}.example(one)) == (digit == '1' || digit == '5' || digit == '9'));
    }
    struct Mine {
        bool operator()(Example const& example) const { return example.answer.size() < 9; }
    };
    CHECK_THROWS_WITH_AS(
        sample(Excluding{Copy{}, Mine{}}, rng, 2),
        doctest::Contains("Excluding: difficulty 2; got no problem that the rule allows in 100000 draws, "
                          "wanted at least 1 (where all of a difficulty are left out, tests begin past it: "
                          "EvaluateOptions::from)"),
        Error);
}

TEST_CASE("a set of pairs leaves out what its task leaves out, or keeps for tests") {
    const Excluding  fives{PlainAddition{}, DigitAt{.digit = 5}};
    const ExampleSet without{fives, balanced_pairs({})};
    CHECK(without.size() > 3'000);
    CHECK(without.size() < 7'000);
    CHECK(int(without.difficulties().size()) == without.size());
    for (auto const& example : without.examples()) CHECK(example.prompt.find('5') == std::string::npos);
    const Apart      apart{PlainAddition{}};
    const ExampleSet shown{apart, balanced_pairs({})};
    CHECK(shown.size() == doctest::Approx(7'500).epsilon(0.05));
    for (auto const& example : shown.examples()) CHECK(apart.side(example.prompt) == Side::training);
}

TEST_CASE("what is left out twice is left out of both") {
    const Excluding<Excluding<PlainAddition, DigitAt>, Pairs> both{{{}, {.digit = 5}}, Pairs{{{"11", "22"}}}};
    CHECK(both.excludes(PlainAddition{}.example("15", "22")));
    CHECK(both.excludes(PlainAddition{}.example("11", "22")));
    CHECK_FALSE(both.excludes(PlainAddition{}.example("22", "11")));
    CHECK_THROWS_AS((DigitAt{.digit = 5, .place = -2}("1", "2")), Error);
}
