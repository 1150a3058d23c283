#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "rung/curriculum/collect.hpp"
#include "rung/curriculum/uniform.hpp"
#include "rung/data/unseen.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/multiplication.hpp"

using namespace rung;

TEST_CASE("a collected set is distinct where there are enough problems, and larger ones begin with smaller") {
    const auto set = collect(Copy{}, Uniform{3, 4}, {.count = 400, .seed = 5});
    CHECK(set.size() == 400);
    CHECK(set.prompts().size() == 400);
    for (std::size_t i = 0; i < 400; ++i)
        CHECK(set.difficulties()[i] == int(set.examples()[i].answer.size()));
    const auto more = collect(Copy{}, Uniform{3, 4}, {.count = 500, .seed = 5});
    CHECK(std::equal(set.examples().begin(), set.examples().end(), more.examples().begin()));
    CHECK(collect(Copy{}, Uniform{3, 4}, {.count = 400, .seed = 6}).examples() != set.examples());
}

TEST_CASE("where problems are few a collected set repeats them, and keeps the curriculum's shares") {
    const auto set  = collect(Copy{}, Uniform{1, 2}, {.count = 100, .seed = 1});
    const auto ones = std::count(set.difficulties().begin(), set.difficulties().end(), Difficulty(1));
    CHECK((ones > 30 && ones < 70));
    CHECK(set.prompts().size() == std::size_t(9 + 100 - ones));
    CHECK(collect(Multiplication{}, Uniform{{1, 1}, {2, 2}}, {.count = 9}).longest() ==
          Multiplication{}.longest({2, 2}) + 1);
    CHECK_THROWS_AS(collect(Copy{}, Uniform{1, 2}, {.count = 0}), Error);
}

TEST_CASE(
    "problems are the same with other hints: a set has each once, and a test of unseen ones asks none of "
    "them") {
    using Hinted              = AdditionIn<IndexHints<ZeroPadded<Plain>>>;
    const auto            set = collect(Hinted{}, Uniform{1, 2}, {.count = 60});
    std::set<std::string> sums;
    const auto            sum = [](std::string_view prompt) {
        const auto [a, b] = Hinted::numbers(prompt);
        return a + " " + b;
    };
    for (auto const& example : set.examples()) sums.insert(sum(example.prompt));
    CHECK(sums.size() == 60);
    const auto fresh = unseen(Hinted{}, set);
    for (std::uint32_t i = 0; i < 500; ++i) {
        Rng rng(1, Purpose::evaluation, 1, i);
        CHECK(sums.count(sum(sample(fresh, rng, 1 + int(i % 2)).prompt)) == 0);
    }
}

TEST_CASE("a set may have prompts that say no numbers, and its test leaves these out, too") {
    const ExampleSet set{PlainAddition{}, std::vector<Example>{{"1+=", "1"}, {"1+2=", "3"}}};
    const auto       fresh = unseen(PlainAddition{}, set);
    CHECK(fresh.excludes({"1+=", "1"}));
    CHECK(fresh.excludes({"01+2=", "3"}));
    CHECK_FALSE(fresh.excludes({"2+1=", "3"}));
}
