#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "rung/core/rng.hpp"

using namespace rung;

// Known answers from Random123's kat_vectors, philox4x32 with 10 rounds.
TEST_CASE("Philox gives Random123's known answers") {
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == RandomBits{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
          RandomBits{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          RandomBits{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

// std::philox4x32 of C++26: key (20111115, 0), counter from 0, ten thousandth output 1955073260.
TEST_CASE("the ten thousandth number is the one the C++ standard prescribes") {
    RandomBits block{};
    for (std::uint32_t i = 0; i < 2500; ++i) block = philox({i, 0, 0, 0}, {20111115, 0});
    CHECK(block[3] == 1955073260u);
}

TEST_CASE("a stream reads consecutive blocks of its own counter") {
    Rng        rng(0x0123456789abcdef, Purpose::training, 7, 9, 3);
    const auto first =
        philox({0, 9, 7, std::uint32_t(Purpose::training) | 3u << 8}, {0x89abcdef, 0x01234567});
    const auto second =
        philox({1, 9, 7, std::uint32_t(Purpose::training) | 3u << 8}, {0x89abcdef, 0x01234567});
    for (const auto word : first) CHECK(rng.bits() == word);
    for (const auto word : second) CHECK(rng.bits() == word);
}

TEST_CASE("streams that differ in one name give different numbers") {
    const auto first = [](Rng rng) { return rng.bits(); };
    const auto base  = first(Rng(1, Purpose::training, 2, 3, 4));
    CHECK(base != first(Rng(2, Purpose::training, 2, 3, 4)));
    CHECK(base != first(Rng(1, Purpose::evaluation, 2, 3, 4)));
    CHECK(base != first(Rng(1, Purpose::training, 3, 3, 4)));
    CHECK(base != first(Rng(1, Purpose::training, 2, 4, 4)));
    CHECK(base != first(Rng(1, Purpose::training, 2, 3, 5)));
}

TEST_CASE("integers below n are uniform") {
    Rng                rng(5, Purpose::user);
    std::array<int, 7> seen{};
    for (int i = 0; i < 70'000; ++i) ++seen[rng.below(7)];
    double chi2 = 0;
    for (const int count : seen) chi2 += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    CHECK(chi2 < 22.5);  // 6 degrees of freedom: exceeded once in a thousand seeds
}

TEST_CASE("a range includes both its ends, also the whole of int") {
    Rng  rng(5, Purpose::user);
    bool low = false, high = false;
    for (int i = 0; i < 200; ++i) {
        const int x = rng.between(-2, 1);
        CHECK((x >= -2 && x <= 1));
        low |= x == -2, high |= x == 1;
    }
    CHECK((low && high));
    rng.between(std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
    CHECK(rng.between(4, 4) == 4);
}

TEST_CASE("normal numbers have the moments and tails of the normal distribution") {
    Rng       rng(11, Purpose::user);
    const int n   = 200'000;
    double    sum = 0, square = 0, fourth = 0;
    int       beyond = 0;
    for (int i = 0; i < n; ++i) {
        const double x = rng.normal();
        sum += x, square += x * x, fourth += x * x * x * x;
        beyond += std::abs(x) > 1.959964;
    }
    CHECK(std::abs(sum / n) < 0.01);
    CHECK(square / n == doctest::Approx(1).epsilon(0.015));
    CHECK(fourth / n == doctest::Approx(3).epsilon(0.05));
    CHECK(beyond / double(n) == doctest::Approx(0.05).epsilon(0.04));
}

TEST_CASE("the normal quantile inverts the distribution function") {
    for (const double p : {1e-9, 0.001, 0.024, 0.025, 0.3, 0.5, 0.9, 0.9999})
        CHECK(0.5 * std::erfc(-detail::normal_quantile(p) / std::sqrt(2.0)) ==
              doctest::Approx(p).epsilon(1e-7));
}

TEST_CASE("uniform numbers lie from 0 to just below 1, and chance keeps its word") {
    Rng rng(3, Purpose::user);
    int hits = 0;
    for (int i = 0; i < 20'000; ++i) {
        const float x = rng.uniform();
        CHECK((x >= 0 && x < 1));
        hits += rng.chance(0.3);
    }
    CHECK(hits / 20'000.0 == doctest::Approx(0.3).epsilon(0.05));
    CHECK_FALSE(rng.chance(0));
    CHECK(rng.chance(1));
}

TEST_CASE("an empty range is refused") {
    Rng rng(1, Purpose::user);
    CHECK_THROWS_AS(rng.below(0), Error);
    CHECK_THROWS_WITH_AS(rng.between(3, 2),
                         "Rng::between: the range is empty; got 3 .. 2, wanted first <= last", Error);
}
