// Samples are drawn as the tasks say, in the first half of a long stream and in the second.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "rung/tasks.hpp"
#include "support/chi_square.hpp"
#include "support/tasks.hpp"

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

TEST_CASE("digits within a number are uniform, and independent of their neighbours, the first not zero") {
    const auto strings = [](auto task) {
        check_halves(task, 3, 200'000, alike(900), [](Example const& e, std::vector<double>& counts) {
            ++counts[std::size_t(std::stoi(e.prompt) - 100)];
        });
    };
    strings(Copy{}), strings(Reverse{}), strings(Duplicate{}), strings(Sort{}), strings(OddFirst{});
}

TEST_CASE("both numbers of a sum, a difference or a product are uniform, and independent of each other") {
    const auto pairs = [](auto task, auto difficulty, char sign, bool reversed) {
        check_halves(task, difficulty, 400'000, alike(9 * 90),
                     [=](Example const& e, std::vector<double>& counts) {
                         const auto  at = e.prompt.find(sign);
                         std::string a  = e.prompt.substr(0, at),
                                     b  = e.prompt.substr(at + 1, e.prompt.find('=') - at - 1);
                         if (reversed) std::reverse(a.begin(), a.end()), std::reverse(b.begin(), b.end());
                         ++counts[std::size_t(90 * (std::stoi(a) - 1) + std::stoi(b) - 10)];
                     });
    };
    pairs(ByOperand<Addition>{}, Difficulty{1, 2}, '+', true);
    pairs(ByOperand<Subtraction>{}, Difficulty{1, 2}, '-', false);
    pairs(Multiplication{}, Difficulty{1, 2}, '*', true);
    pairs(MultiplicationIn<Plain>{}, Difficulty{1, 2}, '*', false);
    // Numbers below 1000, each uniform: most have three digits.
    check_halves(PlainAddition{.operands = Operands::any}, 3, 200'000,
                 {100, 900, 9'000, 900, 8'100, 81'000, 9'000, 81'000, 810'000},
                 [](Example const& e, std::vector<double>& counts) {
                     const auto plus = e.prompt.find('+');
                     ++counts[3 * (plus - 1) + e.prompt.size() - plus - 3];
                 });
}

TEST_CASE("all operands of a sum of many are uniform, zeros in front too") {
    check_halves(
        NaryAddition{.digits = 1}, 3, 400'000, alike(1000),
        [](Example const& e, std::vector<double>& counts) {
            ++counts[std::size_t(100 * (e.prompt[0] - '0') + 10 * (e.prompt[2] - '0') + e.prompt[4] - '0')];
        });
    check_halves(
        NaryAddition{.digits = 2}, 1, 100'000, alike(100),
        [](Example const& e, std::vector<double>& counts) { ++counts[std::size_t(std::stoi(e.prompt))]; });
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
    const auto both = [](std::size_t first) {  // so many bits, a sign and three bits more
        return [first](Example const& e, std::vector<double>& counts) {
            const std::string bits = e.prompt.substr(0, first) + e.prompt.substr(first + 1, 3);
            ++counts[std::stoul(bits, nullptr, 2)];
        };
    };
    check_halves(BinaryAddition{}, 3, 40'000, alike(64), both(3));
    check_halves(BinaryMultiplication{}, {2, 3}, 40'000, alike(32), both(2));
}

TEST_CASE("a stack holds any number of bits at first, then any steps follow") {
    // of three in all: one bit and two steps, two and one, three and none
    std::map<std::string, double> shares;
    for (const std::string a : {"0", "1"}) {
        for (const std::string b : {"0", "1"}) {
            for (const std::string c : {"0", "1"}) shares[a + b + c + "="] = 1 / 24.;
            for (const std::string c : {"p", "z", "o"}) shares[a + b + c + "="] = 1 / 36.;
        }
        for (const std::string b : {"p", "z", "o"})
            for (const std::string c : {"p", "z", "o"}) shares[a + b + c + "="] = 1 / 54.;
    }
    std::vector<double> expected;
    for (auto const& [prompt, share] : shares) expected.push_back(share);
    check_halves(StackManipulation{}, 3, 100'000, expected,
                 [&](Example const& e, std::vector<double>& counts) {
                     const auto at = shares.find(e.prompt);
                     REQUIRE(at != shares.end());
                     ++counts[std::size_t(std::distance(shares.begin(), at))];
                 });
}

TEST_CASE("a grid's start and end are any two cells, and its ways any tree of two by two") {
    const auto places = [](Example const& e, std::vector<double>& counts) {
        const auto cell  = [&](char c) { return (e.prompt.find(c) - 9) / 2; };  // of "#######\n# S E #\n..."
        const auto start = cell('S'), end = cell('E');
        ++counts[3 * start + end];
    };
    check_halves(GridMaze{}, {1, 3}, 60'000, {0, 1, 1, 1, 0, 1, 1, 1, 0}, places);
    check_halves(UniformGridMaze{}, {1, 3}, 60'000, {0, 1, 1, 1, 0, 1, 1, 1, 0}, places);
    const auto pictures = [](auto task) {  // four trees, twelve pairs of start and end
        std::map<std::string, double> seen;
        for (std::uint32_t i = 0; i < 48'000; ++i) {
            Rng rng(1, Purpose::training, 0, i);
            ++seen[sample(task, rng, {2, 2}).prompt];
        }
        std::vector<double> counts;
        for (auto const& [picture, count] : seen) counts.push_back(count);
        CHECK(counts.size() == 48);
        CHECK(chi_square(counts) < 5);
    };
    pictures(GridMaze{}), pictures(UniformGridMaze{});
}

TEST_CASE("every task: samples are distributed alike wherever they are in the stream") {
    for (auto const& task : rung_test::every_task()) {
        INFO(task.name);
        // A million of the smallest problems, and of the others as many as cost a second or so.
        for (const Difficulty difficulty : {task.difficulties[0], task.difficulties[1]}) {
            const int           samples = task.longest(difficulty) < 12 ? 1'000'000 : 50'000;
            std::vector<double> first(64), second(64);
            for (int i = 0; i < samples; ++i) {
                Rng        rng(1, Purpose::training, difficulty.key(), std::uint32_t(i));
                const auto example = task.sample(rng, difficulty);
                ++(2 * i < samples ? first : second)[hash_of(example.answer, hash_of(example.prompt)) % 64];
            }
            double statistic = 0, freedom = -1;  // of two samples of one size
            for (std::size_t i = 0; i < 64; ++i) {
                const double sum = first[i] + second[i], apart = first[i] - second[i];
                if (sum < 10) continue;
                statistic += apart * apart / sum;
                ++freedom;
            }
            if (freedom > 0) CHECK((statistic - freedom) / std::sqrt(2 * freedom) < 5);
        }
    }
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
