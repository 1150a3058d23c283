#include <doctest/doctest.h>

#include <map>
#include <set>

#include "rung/core/hash.hpp"
#include "rung/data/apart.hpp"
#include "rung/data/permutation.hpp"
#include "rung/task/excluding.hpp"
#include "rung/tasks.hpp"
#include "support/chi_square.hpp"

using namespace rung;

namespace {

/// Of exactly n problems, all equally often.
struct Few {
    static constexpr std::string_view alphabet = "0123456789=";

    std::uint32_t n       = 3;
    bool          counted = true;

    Example                sample(Rng& rng, int) const { return {std::to_string(rng.below(n)) + "=", ""}; }
    std::optional<Ordinal> ordinal(std::string_view prompt) const {
        if (!counted) return {};
        return Ordinal{std::uint64_t(std::stoull(std::string(before_equals(prompt)))), n, 1};
    }
    int longest(int) const { return 8; }
};

static_assert(explain_task<Few>::ok);

constexpr Purpose purposes[] = {Purpose::training, Purpose::self_improvement, Purpose::evaluation};

/// Prompts that the three kinds of streams draw, of every side some, and none on two sides.
template <class Task>
std::array<std::set<std::string>, 3> drawn(Task const& task, Difficulty difficulty, int count = 400) {
    std::array<std::set<std::string>, 3> seen;
    std::set<std::string>                all;
    std::size_t                          sum = 0;
    for (std::size_t side = 0; side < 3; ++side) {
        for (int i = 0; i < count; ++i) {
            Rng rng(std::uint64_t(i % 7), purposes[side], difficulty.key(), std::uint32_t(i));
            seen[side].insert(sample(task, rng, difficulty).prompt);
        }
        all.insert(seen[side].begin(), seen[side].end());
        sum += seen[side].size();
        CHECK_FALSE(seen[side].empty());
    }
    CHECK(all.size() == sum);
    return seen;
}

/// Numbers every problem of a size once.
template <class Task>
void check_ordinals(Difficulty difficulty, std::uint64_t count, Task task = {}) {
    INFO(type_name<Task>());
    std::map<std::uint64_t, std::string> prompts;
    Rng                                  rng(1, Purpose::user);
    for (std::uint64_t i = 0; i < 20 * count; ++i) {
        const auto prompt  = sample(task, rng, difficulty).prompt;
        const auto ordinal = task.ordinal(prompt);
        REQUIRE(ordinal);
        CHECK(ordinal->count == count);
        CHECK(ordinal->index < count);
        CHECK(prompts.emplace(ordinal->index, prompt).first->second == prompt);
    }
    CHECK(prompts.size() == count);
}

}  // namespace

TEST_CASE("a permutation sends every place of 0 to n - 1 to one of its own, for all n up to 2000") {
    for (std::uint64_t n = 1; n <= 2'000; ++n) {
        const Permutation permutation(n, n % 5);
        std::vector<bool> seen(n);
        bool              right = true;
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto to = permutation(i);
            right         = right && to < n && !seen[to] && permutation.inverse(to) == i;
            if (to < n) seen[to] = true;
        }
        CHECK_MESSAGE(right, n);
    }
}

TEST_CASE("a permutation of many is undone by its inverse, and no two places meet") {
    for (const std::uint64_t n : {(std::uint64_t{1} << 20) + 1, std::uint64_t{999'999'999'989},
                                  Permutation::most - 1, Permutation::most}) {
        const Permutation       permutation(n, 42);
        std::set<std::uint64_t> seen;
        for (std::uint64_t i = 0; i < 2'000; ++i) {
            const auto from = i % 2 ? i : n - 1 - i, to = permutation(from);
            CHECK(to < n);
            CHECK(permutation.inverse(to) == from);
            seen.insert(to);
        }
        CHECK(seen.size() == 2'000);
    }
    CHECK_THROWS_WITH_AS(Permutation(0, 1), "Permutation: size; got 0, wanted 1 to 2^62", Error);
    CHECK_THROWS_WITH_AS(Permutation(5, 1)(5), "Permutation: place; got 5, wanted less than 5", Error);
}

TEST_CASE("over the keys every place of a small permutation is as likely as another") {
    for (const std::uint64_t n : {3, 7, 17}) {
        std::vector<double> counts(n * n);
        for (std::uint64_t key = 0; key < 20'000; ++key) {
            const Permutation permutation(n, key);
            for (std::uint64_t i = 0; i < n; ++i) ++counts[i * n + permutation(i)];
        }
        CHECK(rung_test::chi_square(counts) < 5);
    }
}

TEST_CASE("every order of a few is as likely as another") {
    std::map<std::array<std::uint64_t, 4>, double> orders;
    for (std::uint64_t key = 0; key < 24'000; ++key) {
        const Permutation permutation(4, key);
        ++orders[{permutation(0), permutation(1), permutation(2), permutation(3)}];
    }
    std::vector<double> counts;
    for (auto const& [order, count] : orders) counts.push_back(count);
    CHECK(counts.size() == 24);
    CHECK(std::abs(rung_test::chi_square(counts)) < 5);
}

TEST_CASE("hashes of texts differ by text, length and key") {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10'000; ++i) seen.insert(hash_of(std::to_string(i)));
    for (int n = 0; n < 20; ++n) seen.insert(hash_of(std::string(std::size_t(n), '\0')));
    seen.insert(hash_of("0", 1));
    CHECK(seen.size() == 10'021);
    CHECK(type_name<Parity>() == "Parity");
    CHECK(type_name<int>() == "int");
}

TEST_CASE("problems of any small number are split an eighth, an eighth and the rest, and no side is empty") {
    for (std::uint32_t n = 3; n <= 1'000; ++n) {
        const Apart<Few> task{{n}, n % 3};
        int              sides[3] = {};
        for (std::uint32_t i = 0; i < n; ++i) ++sides[int(task.side(std::to_string(i) + "="))];
        const int share = n < 8 ? 1 : int(n / 8);
        CHECK(sides[int(Side::evaluation)] == share);
        CHECK(sides[int(Side::self_improvement)] == share);
        CHECK(sides[int(Side::training)] == int(n) - 2 * share);
    }
}

TEST_CASE("streams for training, self-improvement and evaluation never meet, in spaces of any small size") {
    for (std::uint32_t n = 3; n <= 60; ++n) {
        const auto seen = drawn(Apart{Few{n}}, 1, 1'000);
        CHECK(seen[0].size() + seen[1].size() + seen[2].size() == n);  // and each side is drawn as a whole
    }
}

TEST_CASE("streams of the library's tasks never meet, whether their problems are counted or not") {
    drawn(Apart{Addition{}}, 1);
    drawn(Apart{Addition{.operands = Operands::mixed}}, 2);
    drawn(Apart{AdditionIn<IndexHints<Plain>>{}}, 1);
    drawn(Apart{Addition{}}, 40);
    drawn(Apart{ByOperand<PlainAddition>{}}, {1, 2});
    drawn(Apart{Multiplication{}}, {2, 1});
    drawn(Apart{NaryAddition{}}, 1);
    drawn(Apart{Copy{}}, 1);
    drawn(Apart{Copy{}}, 50);
    drawn(Apart{Parity{}}, 2);
    drawn(Apart{CycleNavigation{}}, 1);
    drawn(Apart{BinaryMultiplication{}}, {1, 1});
    drawn(Apart{StackManipulation{}}, 2);
    drawn(Apart{StackManipulation{}}, 50);
    drawn(Apart{BalancedBrackets{}}, 2);
    drawn(Apart{BalancedBrackets{}}, 40);
    drawn(Apart{PHop{}}, {3, 1});
    drawn(Apart{Maze{}}, {6, 3});
    drawn(Apart{Sine{}}, 3);
    drawn(Apart{Excluding{Addition{}, DigitAt{5}}}, 1);
    drawn(Excluding{Apart{Addition{}}, DigitAt{5}}, 1);
}

TEST_CASE("a problem is on one side however it is drawn and written, whatever the seed") {
    const Apart equal{PlainAddition{}};
    const Apart mixed{Addition{.operands = Operands::mixed}};
    const Apart hinted{AdditionIn<IndexHints<ZeroPadded<Plain>>>{}};
    const Apart both{ByOperand<PlainAddition>{}};
    const Apart without{Excluding{PlainAddition{}, DigitAt{5}}};
    Rng         rng(3, Purpose::evaluation);
    for (const int digits : {1, 3, 8, 9, 10, 30})
        for (int i = 0; i < 50; ++i) {
            const auto [a, b] = Addition::numbers(sample(mixed, rng, digits).prompt);
            CHECK(equal.side(equal.example(a, b).prompt) == Side::evaluation);
            CHECK(hinted.side(hinted.example(a, b).prompt) == Side::evaluation);
            CHECK(both.side(both.example(a, b).prompt) == Side::evaluation);
            CHECK(without.side(both.example(a, b).prompt) == Side::evaluation);
        }
    const Apart sine{Sine{}};
    const Apart steps{SineIn<DetailedScratchpad>{}};
    for (const int decimals : {1, 2, 3, 4})
        for (int i = 0; i < 50; ++i) {
            const auto prompt = sample(sine, rng, decimals).prompt;
            const auto number = prompt.substr(4, prompt.find(')') - 4);
            CHECK(steps.side("Input:\nsin(" + number + ")\nTarget:\n") == Side::evaluation);
        }
    const Apart sum{NaryAddition{}}, reversed{NaryAddition{.reversed = true}};
    for (const int operands : {2, 6, 7, 20})  // from 7 on more digits than can be counted
        for (int i = 0; i < 50; ++i) {
            const auto               prompt = sample(sum, rng, operands).prompt;
            std::vector<std::string> numbers;
            for (std::size_t at = 0; at < prompt.size(); at += 4) numbers.push_back(prompt.substr(at, 3));
            CHECK(sum.example(numbers).prompt == prompt);
            CHECK(reversed.side(reversed.example(numbers).prompt) == Side::evaluation);
        }
    int moved = 0;
    for (int i = 10; i < 100; ++i)
        moved +=
            Apart{Copy{}}.side(std::to_string(i) + "=") != Apart{Copy{}, 1}.side(std::to_string(i) + "=");
    CHECK(moved > 10);
}

TEST_CASE("within a side problems are as likely as the task makes them") {
    const Apart                   task{Few{100}};
    std::map<std::string, double> seen;
    Rng                           rng(1, Purpose::training);
    for (int i = 0; i < 100'000; ++i) ++seen[sample(task, rng, 1).prompt];
    std::vector<double> counts;
    for (auto const& [prompt, count] : seen) counts.push_back(count);
    CHECK(counts.size() == 76);
    CHECK(std::abs(rung_test::chi_square(counts)) < 5);
}

TEST_CASE("too few problems are refused by name") {
    Rng rng(1, Purpose::training);
    CHECK_THROWS_WITH_AS(
        sample(Apart{Parity{}}, rng, 1),
        doctest::Contains("Apart: problems of Parity of difficulty 1; got 2, wanted at least 3: for "
                          "training, self-improvement and evaluation"),
        Error);
    const Apart few{Few{2, false}};
    int         refused = 0;
    for (const Purpose purpose : purposes) {
        Rng other(1, purpose);
        try {
            sample(few, other, 1);
        } catch (Error const& error) {
            ++refused;
            CHECK(std::string(error.what()).find("got none in 10000 draws") != std::string::npos);
        }
    }
    CHECK(refused >= 1);
}

TEST_CASE("tasks that count their problems give each a number of its own") {
    check_ordinals<Copy>(2, 90);
    check_ordinals<Reverse>(1, 9);
    check_ordinals<Duplicate>(1, 9);
    check_ordinals<Sort>(2, 90);
    check_ordinals<OddFirst>(2, 90);
    check_ordinals<UniqueSet>(1, 50);
    check_ordinals<Parity>(6, 64);
    check_ordinals<EvenPairs>(3, 8);
    check_ordinals<Majority>(3, 8);
    check_ordinals<Popcount>(3, 8);
    check_ordinals<PrefixSums>(3, 8);
    check_ordinals<ModularSum>(2, 49, {.modulus = 7});
    check_ordinals<CycleNavigation>(3, 27);
    check_ordinals<BalancedBrackets>(3, 20);
    check_ordinals<StackManipulation>(3, 38);
    check_ordinals<BinaryAddition>(3, 64);
    check_ordinals<BinaryMultiplication>({1, 3}, 16);
    check_ordinals<PHop>({3, 1}, 64);
    check_ordinals<NaryAddition>(2, 100, {.digits = 1});
    check_ordinals<Addition>(1, 81);
    check_ordinals<Subtraction>(1, 81);
    check_ordinals<AdditionIn<SimplifiedScratchpad>>(1, 81);
    check_ordinals<AdditionIn<DetailedScratchpad>>(1, 81);
    check_ordinals<ByOperand<PlainAddition>>({2, 1}, 810);
    check_ordinals<Multiplication>({1, 2}, 810);
    check_ordinals<Sine>(1, 31);
    CHECK(Sine::ordinal("sin(-1.5)=") ==
          SineIn<DetailedScratchpad>::ordinal("Input:\nsin(-1.50)\nTarget:\n"));
    CHECK(Sine::ordinal("sin(0.25)=") == Ordinal{25 + 157, 315, 2});
    CHECK(SquareRoot::ordinal("sqrt(7.3174)=") == Ordinal{73'174, 100'000, 4});
    for (auto const* prompt : {"sin(2.5)=", "sin()=", "sin(1.1.1)=", "sin", ")(", "sin(123456789)="})
        CHECK_FALSE(Sine::ordinal(prompt));
    const auto brackets = [](int pairs) {
        return BalancedBrackets::ordinal(std::string(std::size_t(pairs), ')') +
                                         std::string(std::size_t(pairs), '(') + "=");
    };
    CHECK(brackets(31) ==
          Ordinal{465'428'353'255'261'087, 465'428'353'255'261'088, 31});  // 62 over 31, the last
    CHECK_FALSE(brackets(32));
    for (auto const* prompt : {"(()=", "(a)b=", "((=", "())="})
        CHECK_FALSE(BalancedBrackets::ordinal(prompt));
    const auto stack = [](int bits) {
        return StackManipulation::ordinal(std::string(std::size_t(bits), '1') + "=");
    };
    CHECK(stack(38)->index == stack(38)->count - 1);
    CHECK(stack(38)->count == 2'701'702'885'590'170'290);
    CHECK_FALSE(stack(39));
    for (auto const* prompt : {"=", "p=", "01p1=", "01x="}) CHECK_FALSE(StackManipulation::ordinal(prompt));
    CHECK_FALSE(Copy::ordinal("1" + std::string(18, '0') + "="));
    CHECK(Copy::ordinal("1" + std::string(17, '0') + "="));
    CHECK_FALSE(Parity::ordinal(std::string(63, '1') + "="));
    CHECK(Parity::ordinal(std::string(62, '1') + "=") == Ordinal{most_counted - 1, most_counted, 62});
    CHECK_FALSE(Addition::ordinal("0+7="));
}

TEST_CASE("apart: sums of many numbers are split alike however they are written") {
    const Apart<NaryAddition> plain{{.digits = 2}}, reversed{{.digits = 2, .reversed = true}};
    for (int a = 10; a < 40; ++a) {
        const std::vector<std::string> numbers{std::to_string(a), "57", std::to_string(99 - a)};
        CHECK(plain.side(plain.example(numbers).prompt) == reversed.side(reversed.example(numbers).prompt));
    }
}
