// Arithmetic on strings of digits against integers, and far beyond them.

#include <doctest/doctest.h>

#include "rung/task/binary_addition.hpp"
#include "rung/task/binary_multiplication.hpp"
#include "rung/task/digits.hpp"
#include "rung/task/popcount.hpp"

using namespace rung;

namespace {

__extension__ typedef __int128 Wide;

std::string text_of(Wide n, int base = 10) {
    if (n < 0) return "-" + text_of(-n, base);
    std::string digits;
    do digits += char('0' + int(n % base)), n /= base;
    while (n > 0);
    return digits::reversed(digits);
}
Wide value_of(std::string_view digits, int base = 10) {
    Wide n = 0;
    for (const char c : digits) n = n * base + (c - '0');
    return n;
}

}  // namespace

TEST_CASE("sums, differences, products and comparisons of digits are those of integers") {
    Rng rng(1, Purpose::user);
    for (int i = 0; i < 20'000; ++i) {
        std::string a = digits::random(rng, rng.between(1, 18)), b = digits::random(rng, rng.between(1, 18));
        if (rng.chance(0.1)) b = a;
        if (rng.chance(0.1)) a = "0";
        if (rng.chance(0.1)) a.insert(0, "00");
        const Wide x = value_of(a), y = value_of(b);
        CHECK(digits::add(a, b) == text_of(x + y));
        CHECK(digits::subtract(a, b) == text_of(x - y));
        CHECK(digits::multiply(a, b) == text_of(x * y));
        CHECK((digits::compare(a, b) < 0) == (x < y));
        CHECK((digits::compare(a, b) > 0) == (x > y));
    }
}

TEST_CASE("numbers have no largest size") {
    const std::string nines(300, '9');
    CHECK(digits::add(nines, "1") == "1" + std::string(300, '0'));
    CHECK(digits::subtract("1" + std::string(300, '0'), "1") == nines);
    CHECK(digits::subtract("0", nines) == "-" + nines);
    CHECK(digits::multiply(nines, nines) == std::string(299, '9') + "8" + std::string(299, '0') + "1");
}

TEST_CASE("a number has one canonical text") {
    CHECK(digits::canonical("007") == "7");
    CHECK(digits::canonical("-007") == "-7");
    CHECK(digits::canonical("000") == "0");
    CHECK(digits::canonical("-0") == "0");
}

TEST_CASE("what is no number is refused, in every base") {
    CHECK_THROWS_AS(digits::add("12", ""), Error);
    CHECK_THROWS_AS(digits::subtract("-1", "2"), Error);
    CHECK_THROWS_AS(digits::multiply<2>("12", "1"), Error);
    CHECK_THROWS_WITH(BinaryAddition{}.example("01", "12"),
                      "BinaryAddition: number; got '12', wanted binary digits");
    CHECK_THROWS_WITH(BinaryMultiplication{}.example("", "1"),
                      "BinaryMultiplication: number; got '', wanted binary digits");
    CHECK_THROWS_AS(Popcount{}.example("12"), Error);
}

TEST_CASE("all small problems of the looped papers' binary tasks") {
    for (int n = 1; n <= 4; ++n)
        for (int a = 0; a < 1 << n; ++a)
            for (int b = 0; b < 1 << n; ++b) {
                const auto bits = [](int value, int count) {
                    std::string text;
                    for (int i = count; i-- > 0;) text += char('0' + (value >> i & 1));
                    return text;
                };
                CHECK(BinaryAddition{}.example(bits(a, n), bits(b, n)) ==
                      Example{bits(a, n) + "+" + bits(b, n) + "=", bits(a + b, n + 1)});
                CHECK(BinaryMultiplication{}.example(bits(a, n), bits(b % 8, 3)).answer ==
                      digits::reversed(bits(a * (b % 8), n + 3)));
                const std::string count = Popcount{}.example(bits(a, n)).answer;
                CHECK(value_of(digits::reversed(count), 2) == __builtin_popcount(unsigned(a)));
                CHECK(!count.ends_with('0'));
            }
    CHECK(BinaryMultiplication{}.example("10", "110") == Example{"10*110=", "00110"});
    CHECK(Popcount{}.example("11011") == Example{"11011=", "001"});
    CHECK(Popcount{}.example("000") == Example{"000=", ""});
}
