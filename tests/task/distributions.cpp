// Samples are drawn as the tasks say, in the first half of a long stream and in the second.

#include <doctest/doctest.h>

#include <array>
#include <map>

#include "rung/tasks.hpp"
#include "support/chi_square.hpp"

using namespace rung;
using rung_test::chi_square;

namespace {

/// Both halves of so many samples are counted, count(example, counts), and held against what is expected.
template <class T, class Count>
void check_halves(T const& task, Difficulty difficulty, std::uint32_t samples, std::vector<double> expected,
                  Count&& count) {
    double all = 0;
    for (const double share : expected) all += share;
    for (const std::uint32_t half : {0u, 1u}) {
        std::vector<double> counts(expected.size()), wanted;
        for (std::uint32_t i = half * samples / 2; i < (half + 1) * samples / 2; ++i) {
            Rng rng(1, Purpose::training, 0, i);
            count(sample(task, rng, difficulty), counts);
        }
        double counted = 0;
        for (const double number : counts) counted += number;
        for (const double share : expected) wanted.push_back(share / all * counted);
        CHECK(chi_square(counts, wanted) < 5);
    }
}
std::vector<double> alike(std::size_t count) { return std::vector<double>(count, 1); }

}  // namespace

TEST_CASE("a million sums: every pair of numbers equally often, the first digits not zero") {
    check_halves(Addition{}, 1, 1'000'000, alike(81), [](Example const& e, std::vector<double>& counts) {
        ++counts[std::size_t(9 * (e.prompt[0] - '1') + e.prompt[2] - '1')];
    });
}

TEST_CASE("digits within a number are uniform, and independent of their neighbours") {
    check_halves(Copy{}, 5, 200'000, alike(100), [](Example const& e, std::vector<double>& counts) {
        ++counts[std::size_t(10 * (e.prompt[2] - '0') + e.prompt[3] - '0')];
    });
}

TEST_CASE("operands mixed, or half equal: on each side half, the shorter length uniform") {
    const auto lengths = [](Example const& e, std::vector<double>& counts) {
        const auto plus = e.prompt.find('+');
        ++counts[3 * (plus - 1) + e.prompt.size() - plus - 3];
    };
    // 1x3, 2x3, 3x1, 3x2 a sixth each; 3x3 on either side
    check_halves(Addition{.operands = Operands::mixed}, 3, 60'000, {0, 0, 1, 0, 0, 1, 1, 1, 2}, lengths);
    check_halves(Addition{.operands = Operands::half_equal}, 3, 60'000, {0, 0, 1, 0, 0, 1, 1, 1, 8}, lengths);
}

TEST_CASE("bits are uniform in every task of bits") {
    const auto count = [](Example const& e, std::vector<double>& counts) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < 6; ++i) value = 2 * value + std::size_t(e.prompt[i] - '0');
        ++counts[value];
    };
    check_halves(Parity{}, 6, 40'000, alike(64), count);
    check_halves(Majority{}, 6, 40'000, alike(64), count);
    check_halves(PrefixSums{}, 6, 40'000, alike(64), count);
    check_halves(EvenPairs{}, 6, 40'000, alike(64), count);
    check_halves(Popcount{}, 6, 40'000, alike(64), count);
}

TEST_CASE("steps, symbols and sums of digits are uniform") {
    check_halves(CycleNavigation{}, 4, 40'000, alike(81), [](Example const& e, std::vector<double>& counts) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = 3 * value + std::string_view("+-.").find(e.prompt[i]);
        ++counts[value];
    });
    check_halves(UniqueSet{}, 2, 100'000, alike(2500), [](Example const& e, std::vector<double>& counts) {
        ++counts[50 * UniqueSet::symbols.find(e.prompt[0]) + UniqueSet::symbols.find(e.prompt[1])];
    });
    check_halves(
        ModularSum{.modulus = 7}, 5, 40'000, alike(7),
        [](Example const& e, std::vector<double>& counts) { ++counts[std::size_t(e.answer[0] - '0')]; });
    check_halves(PHop{}, {3, 1}, 60'000, alike(64), [](Example const& e, std::vector<double>& counts) {
        ++counts[std::size_t(16 * (e.prompt[0] - 'a') + 4 * (e.prompt[1] - 'a') + e.prompt[2] - 'a')];
    });
}

TEST_CASE("half of the brackets are balanced, all such texts equally often, all others too") {
    std::map<std::string, double> texts;
    std::array<double, 2>         answers{};
    for (std::uint32_t i = 0; i < 60'000; ++i) {
        Rng           rng(1, Purpose::training, 0, i);
        const Example e = BalancedBrackets{}.sample(rng, 4);
        ++texts[e.prompt + e.answer], ++answers[std::size_t(e.answer[0] - '0')];
    }
    CHECK(texts.size() == 70);  // 8 over 4
    CHECK(chi_square({answers[0], answers[1]}) < 4);
    std::vector<double> balanced, others;
    for (auto const& [text, count] : texts) (text.ends_with('1') ? balanced : others).push_back(count);
    CHECK(balanced.size() == 14);  // Catalan's number
    CHECK(chi_square(balanced) < 4);
    CHECK(chi_square(others) < 4);
}

TEST_CASE("angles are uniform within a quarter turn of 0, square roots' numbers below 10") {
    const auto tenth = [](double first, double last, std::size_t letters) {
        return [=](Example const& e, std::vector<double>& counts) {
            const double x = std::stod(e.prompt.substr(letters));
            ++counts[std::min<std::size_t>(9, std::size_t(10 * (x - first) / (last - first)))];
        };
    };
    check_halves(Sine{}, 4, 20'000, alike(10), tenth(-1.5708, 1.5708, 4));
    check_halves(SquareRoot{}, 4, 20'000, alike(10), tenth(0, 10, 5));
}

TEST_CASE("labels of mazes are uniform, at the start and everywhere") {
    check_halves(Maze{}, {10, 3}, 20'000, alike(99), [](Example const& e, std::vector<double>& counts) {
        ++counts[std::size_t(std::stoi(e.prompt) - 1)];
    });
}

TEST_CASE("what every task answers, by small instances written by hand") {
    CHECK(Duplicate{}.example("407") == Example{"407=", "407407"});
    CHECK(Sort{}.example("4071") == Example{"4071=", "0147"});
    CHECK(OddFirst{}.example("4071") == Example{"4071=", "4701"});
    CHECK(OddFirst{}.example("12345").answer == "13524");
    CHECK(UniqueSet{}.example("gmgd") == Example{"gmgd=", "gmd"});
    CHECK(Majority{}.example("10110") == Example{"10110=", "1"});
    CHECK(Majority{}.example("1010").answer == "0");
    CHECK(PrefixSums{}.example("1011") == Example{"1011=", "1101"});
    CHECK(EvenPairs{}.example("0110") == Example{"0110=", "1"});
    CHECK(EvenPairs{}.example("01").answer == "0");
    CHECK(ModularSum{}.example("4071") == Example{"4071=", "2"});
    CHECK(ModularSum{.modulus = 5}.example("4041").answer == "4");
    CHECK_THROWS_AS(ModularSum{.modulus = 5}.example("5"), Error);
    CHECK(CycleNavigation{}.example("+-.++") == Example{"+-.++=", "2"});
    CHECK(CycleNavigation{}.example("--").answer == "3");
    CHECK(StackManipulation{}.example("011", "pzo") == Example{"011pzo=", "1010"});
    CHECK(StackManipulation{}.example("0", "ppo").answer == "1");
    CHECK(BalancedBrackets{}.example("(())()").answer == "1");
    CHECK(BalancedBrackets{}.example("())(").answer == "0");
    CHECK(PHop{}.example("bacba", 1) == Example{"bacba=", "c"});
    CHECK(PHop{}.example("bacba", 2).answer == "-");
    CHECK(PHop{}.example("aa", 9).answer == "a");
    CHECK(PHop{}.example("aa", 2'000'000'000).answer == "a");  // at once
}
