// What every task promises: repeatable samples of the asked difficulty, no longer than it says.

#include <doctest/doctest.h>

#include <set>

#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/nary_addition.hpp"
#include "rung/task/parity.hpp"
#include "rung/task/reverse.hpp"

using namespace rung;

TYPE_TO_STRING_AS("Addition", Addition);
TYPE_TO_STRING_AS("PlainAddition", PlainAddition);
TYPE_TO_STRING_AS("Addition in $", AdditionIn<Wrapped>);
TYPE_TO_STRING_AS("Copy", Copy);
TYPE_TO_STRING_AS("Reverse", Reverse);
TYPE_TO_STRING_AS("NaryAddition", NaryAddition);
TYPE_TO_STRING_AS("Parity", Parity);
#define EVERY_TASK \
    Addition, PlainAddition, AdditionIn<Wrapped>, AdditionIn<ReversedAnswer>, Copy, Reverse, NaryAddition, \
        Parity

template <class T>
Example sampled(T const& task, int difficulty, std::uint32_t index, Purpose purpose = Purpose::training) {
    Rng rng(1, purpose, std::uint32_t(difficulty), index);
    return task.sample(rng, difficulty);
}

TEST_CASE_TEMPLATE("a sample is a function of seed, purpose, difficulty and index", T, EVERY_TASK) {
    CHECK(sampled(T{}, 8, 5) == sampled(T{}, 8, 5));
    CHECK(sampled(T{}, 8, 5) != sampled(T{}, 8, 6));
    CHECK(sampled(T{}, 8, 5) != sampled(T{}, 8, 5, Purpose::evaluation));
}

TEST_CASE_TEMPLATE("no sample is longer than `longest` says, and some are as long", T, EVERY_TASK) {
    for (const int difficulty : {1, 2, 9, 40}) {
        int most = 0;
        for (std::uint32_t i = 0; i < 300; ++i) {
            const auto [prompt, answer] = sampled(T{}, difficulty, i);
            most                        = std::max(most, int(prompt.size() + answer.size()));
        }
        CHECK(most == T{}.longest(difficulty));
    }
}

TEST_CASE_TEMPLATE("samples use the task's alphabet and nothing else", T, EVERY_TASK) {
    for (std::uint32_t i = 0; i < 100; ++i) {
        const auto [prompt, answer] = sampled(T{}, 6, i);
        CHECK((prompt + answer).find_first_not_of(T::alphabet) == std::string::npos);
    }
}

TEST_CASE("a task's own answer is correct, and one with a digit changed is not") {
    const Example truth = Addition{}.example("853", "9741");
    CHECK(correct(Addition{}, truth, "49501"));
    CHECK_FALSE(correct(Addition{}, truth, "49511"));
    CHECK_FALSE(correct(Addition{}, truth, "4950"));
}

TEST_CASE("addition knows no largest number") {
    const std::string nines(200, '9');
    const Example     sum = PlainAddition{}.example(nines, "1");
    CHECK(sum.answer == "1" + std::string(200, '0'));
}

TEST_CASE("addition refuses what is not a number") {
    CHECK_THROWS_WITH_AS(Addition{}.example("12a", "3"), "Addition: number; got '12a', wanted decimal digits",
                         Error);
    CHECK_THROWS_AS(Addition{}.example("", "3"), Error);
    CHECK_THROWS_AS(Copy{}.example("4 2"), Error);
}

TEST_CASE("a difficulty below one is refused") {
    Rng rng(1, Purpose::user);
    CHECK_THROWS_WITH_AS(Reverse{}.sample(rng, 0), "digits::random: count; got 0, wanted at least 1", Error);
}

TEST_CASE("mixed operands have the difficulty as their longer length, on either side") {
    const Addition                                mixed{.operands = Operands::mixed};
    std::set<std::pair<std::size_t, std::size_t>> lengths;
    for (std::uint32_t i = 0; i < 400; ++i) {
        const std::string prompt = sampled(mixed, 3, i).prompt;
        const auto        plus   = prompt.find('+');
        lengths.insert({plus, prompt.size() - plus - 2});
    }
    CHECK(lengths == std::set<std::pair<std::size_t, std::size_t>>{{1, 3}, {2, 3}, {3, 1}, {3, 2}, {3, 3}});
}

TEST_CASE("the first digit is never zero and every digit occurs") {
    std::set<char> first, others;
    for (std::uint32_t i = 0; i < 300; ++i) {
        const std::string prompt = sampled(Copy{}, 5, i).prompt;
        first.insert(prompt[0]);
        others.insert(prompt[3]);
    }
    CHECK(first.size() == 9);
    CHECK(first.count('0') == 0);
    CHECK(others.size() == 10);
}

TEST_CASE("a sum of many numbers, and the parity of bits") {
    CHECK(NaryAddition{}.example({"315", "120", "045", "824"}) == Example{"315+120+045+824=", "1304"});
    CHECK(NaryAddition{.reversed = true}.example({"315", "120"}) == Example{"513+021=", "5340"});
    CHECK(NaryAddition{.digits = 1}.example({"0", "0"}) == Example{"0+0=", "0"});
    CHECK_THROWS_AS(NaryAddition{}.example({"12"}), Error);
    CHECK(NaryAddition{.digits = 30}.example({std::string(30, '9'), std::string(30, '9')}).answer ==
          "1" + std::string(29, '9') + "8");
    CHECK(Parity{}.example("10110") == Example{"10110=", "1"});
    CHECK(Parity{}.example("0110") == Example{"0110=", "0"});
    CHECK_THROWS_AS(Parity{}.example("12"), Error);
}

TEST_CASE("a digit's place is its index within its number, what is no digit has 0, and blanks are digits") {
    const std::string_view text   = "853+97=10";
    const int              want[] = {1, 2, 3, 0, 1, 2, 0, 1, 2};
    for (std::size_t n = 1; n <= text.size(); ++n) CHECK(digit_place(text.substr(0, n)) == want[n - 1]);
    CHECK(digit_place("") == 0);
    CHECK(digit_place(std::string("12=") + blank + blank) == 2);
}

TEST_CASE("a task without places of its own names none") {
    struct Mine : Copy {
        int place(std::string_view text) const { return digit_place(text); }
    };
    const Mine task;
    CHECK_FALSE(place_of(Copy{}));
    CHECK(place_of(task)("12=1") == 1);
}
