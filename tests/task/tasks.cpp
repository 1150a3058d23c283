// What every task promises: repeatable samples of the asked difficulty, no longer than it says.

#include <doctest/doctest.h>

#include <set>

#include "rung/model/shape.hpp"
#include "support/tasks.hpp"

using namespace rung;
using rung_test::AnyTask;
using rung_test::Attained;
using rung_test::every_task;

namespace {

template <class T>
Example sampled(T const& task, Difficulty difficulty, std::uint32_t index,
                Purpose purpose = Purpose::training) {
    Rng rng(1, purpose, difficulty.key(), index);
    if constexpr (std::is_same_v<T, AnyTask>) return task.sample(rng, difficulty);
    else return sample(task, rng, difficulty);
}

/// Every text that differs from another by one character: another one in its place, one less, one more.
std::set<std::string> corruptions(std::string const& text, std::string const& alphabet) {
    std::set<std::string> all;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        for (const char c : alphabet) {
            all.insert(std::string(text).insert(i, 1, c));
            if (i < text.size()) all.insert(std::string(text).replace(i, 1, 1, c));
        }
        if (i < text.size()) all.insert(std::string(text).erase(i, 1));
    }
    all.erase(text);
    return all;
}

}  // namespace

TEST_CASE("a sample is a function of seed, purpose, difficulty and index") {
    for (auto const& task : every_task()) {
        INFO(task.name);
        const Difficulty      hardest = task.difficulties.back();
        std::set<std::string> training, evaluation;
        for (std::uint32_t i = 0; i < 20; ++i) {
            CHECK(sampled(task, hardest, i) == sampled(task, hardest, i));
            training.insert(sampled(task, hardest, i).prompt);
            evaluation.insert(sampled(task, hardest, i, Purpose::evaluation).prompt);
        }
        CHECK(training.size() > 10);
        CHECK(training != evaluation);
    }
}

TEST_CASE("no sample is longer than `longest` says, and where that is claimed some are as long") {
    for (auto const& task : every_task())
        for (const Difficulty difficulty : task.difficulties) {
            INFO(task.name, " ", difficulty.text());
            int most = 0;
            for (std::uint32_t i = 0; i < 300; ++i) {
                const auto [prompt, answer] = sampled(task, difficulty, i);
                most = std::max(most, task.vocab.count(prompt) + task.vocab.count(answer));
            }
            CHECK(most <= task.longest(difficulty));
            if (task.attained == Attained::yes) CHECK(most == task.longest(difficulty));
        }
}

TEST_CASE("samples use the task's tokens and nothing else, and come back from them") {
    for (auto const& task : every_task()) {
        INFO(task.name);
        CHECK(task.vocab.size() == task.vocab_size);
        for (std::uint32_t i = 0; i < 100; ++i) {
            const auto [prompt, answer] = sampled(task, task.difficulties[1], i);
            std::vector<int> tokens;
            task.vocab.append(tokens, prompt + answer);
            CHECK(task.vocab.decode(tokens) == prompt + answer);
            CHECK(*std::min_element(tokens.begin(), tokens.end()) >= Vocab::specials);
        }
    }
}

TEST_CASE(
    "a checker accepts the right answer and no corruption of it by one character that changes its meaning") {
    for (auto const& task : every_task())
        for (std::uint32_t i = 0; i < 3; ++i) {
            const Example truth = sampled(task, task.difficulties[1], i);
            INFO(task.name, ": ", truth.prompt, truth.answer);
            CHECK(task.correct(truth, truth.answer));
            CHECK(task.correct(truth, "nonsense") == false);
            int wrong = 0;
            for (auto const& answer : corruptions(truth.answer, task.alphabet + "0"))
                wrong += task.correct(truth, answer) != (task.meaning(answer) == task.meaning(truth.answer));
            CHECK(wrong == 0);
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

TEST_CASE("sines and square roots refuse numbers out of their range or of more decimals, and round down") {
    for (auto const* number : {"", "-", "1.23456", "0.00001", "2.0", "-1.58", "1e0", "0x1", "."})
        CHECK_THROWS_WITH_AS(Sine{}.example(number), doctest::Contains("sin: number; got '"), Error);
    CHECK_THROWS_AS(Sine{}.example(std::string(400, '9')), Error);
    CHECK_THROWS_WITH_AS(SquareRoot{}.example("7.31745"),
                         "sqrt: number; got '7.31745', wanted 0 to 9.9999 with at most four decimals", Error);
    CHECK_THROWS_AS(SquareRoot{}.example("10"), Error);
    CHECK(SquareRoot{}.example("4").prompt == "sqrt(4.0)=");
    CHECK(SquareRoot{}.example("0.57").prompt == "sqrt(0.5699)=");  // as Python has it
    CHECK(SquareRoot{}.example("4.00000000").prompt == "sqrt(4.0)=");
    CHECK(Sine{}.example("-0.50").prompt == "sin(-0.5)=");
}

TEST_CASE("a text's length is known when a shape is") {
    static_assert(longest(Addition{}, 20) == 63 && longest(Multiplication{}, {5, 6}) == 123);
    static_assert(longest(Maze{}, {30, 9}) == 199 && longest(NaryAddition{}, 12) == 53);
    static_assert(longest(AdditionIn<SimplifiedScratchpad>{}, 3) > 0 && longest(Popcount{}, 8) == 13);
    constexpr Shape shape{.vocab = Copy::vocab, .context = longest(Copy{}, 20) + 1, .width = 16, .heads = 2};
    static_assert(shape.context == 42);
}

TEST_CASE("a difficulty below one is refused") {
    Rng rng(1, Purpose::user);
    CHECK_THROWS_WITH_AS(Reverse{}.sample(rng, 0), "digits::random: count; got 0, wanted at least 1", Error);
    for (auto const& task : every_task()) {
        const bool two = task.difficulties[0].second != 0;
        INFO(task.name);
        CHECK_THROWS_AS(task.sample(rng, two ? Difficulty{0, 1} : Difficulty{0}), Error);
        CHECK_THROWS_WITH_AS(task.sample(rng, two ? Difficulty{5} : Difficulty{5, 6}),
                             doctest::Contains("Task: difficulty"), Error);
    }
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

TEST_CASE("a problem of nothing is none") {
    CHECK_THROWS_AS(Parity{}.example(""), Error);
    CHECK_THROWS_AS(Popcount{}.example(""), Error);
    CHECK_THROWS_AS(Majority{}.example(""), Error);
    CHECK_THROWS_AS(PrefixSums{}.example(""), Error);
    CHECK_THROWS_AS(EvenPairs{}.example(""), Error);
    CHECK_THROWS_AS(BalancedBrackets{}.example(""), Error);
    CHECK_THROWS_AS(UniqueSet{}.example(""), Error);
    CHECK_THROWS_AS(CycleNavigation{}.example(""), Error);
    CHECK_THROWS_AS(StackManipulation{}.example("", "p"), Error);
    CHECK_THROWS_AS(ModularSum{}.example(""), Error);
    CHECK_THROWS_AS(NaryAddition{}.example(std::vector<std::string>{}), Error);
}

TEST_CASE("a digit's place is its index within its number, what is no digit has 0, and blanks are digits") {
    const std::string_view text   = "853+97=10";
    const int              want[] = {1, 2, 3, 0, 1, 2, 0, 1, 2};
    for (std::size_t n = 1; n <= text.size(); ++n) CHECK(digit_place(text.substr(0, n)) == want[n - 1]);
    CHECK(digit_place("") == 0);
    CHECK(digit_place(std::string("12=") + blank + blank) == 2);
}

TEST_CASE("a sum asked the other way round has the same answer") {
    CHECK(swapped_sum("12+345=") == "345+12=");
    Rng           rng(1, Purpose::user);
    const Example sum = Addition{.operands = Operands::mixed}.sample(rng, 6);
    CHECK(Addition::numbers(swapped_sum(sum.prompt)).first == Addition::numbers(sum.prompt).second);
    CHECK(swapped_sum(swapped_sum(sum.prompt)) == sum.prompt);
    CHECK_THROWS_WITH_AS(swapped_sum("12345="), doctest::Contains("got '12345='"), Error);
    CHECK_THROWS_AS(swapped_sum("12+345"), Error);
}

TEST_CASE("a task without places of its own names none") {
    struct Mine : Copy {
        int place(std::string_view text) const { return digit_place(text); }
    };
    const Mine task;
    const Copy copy;
    CHECK_FALSE(place_of(copy));
    CHECK(place_of(task)("12=1") == 1);
}

TEST_CASE("problems of a stream are the same on every compiler") {
    const auto prompt = [](auto const& task, Difficulty difficulty) {
        Rng rng(1, Purpose::user);
        return sample(task, rng, difficulty).prompt;
    };
    CHECK(prompt(PlainAddition{}, 5) == "27987+60791=");
    CHECK(prompt(PlainAddition{.operands = Operands::mixed}, 5) == "98750+7=");
    CHECK(prompt(PlainAddition{.operands = Operands::half_equal}, 5) == "87507+9191=");
    CHECK(prompt(PlainAddition{.operands = Operands::any}, 5) == "17987+50791=");
    CHECK(prompt(Multiplication{}, {5, 4}) == "78972*9706=");
}
