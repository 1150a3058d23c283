#include "rung/experiment/statistics.hpp"

#include <doctest/doctest.h>

using namespace rung;
using doctest::Approx;

TEST_CASE("statistics: Student's t is that of the tables") {
    CHECK(student_t(0.95, 1) == Approx(12.7062).epsilon(1e-5));
    CHECK(student_t(0.95, 2) == Approx(4.30265).epsilon(1e-5));
    CHECK(student_t(0.95, 3) == Approx(3.18245).epsilon(1e-5));
    CHECK(student_t(0.95, 4) == Approx(2.77645).epsilon(1e-5));
    CHECK(student_t(0.95, 9) == Approx(2.26216).epsilon(1e-5));
    CHECK(student_t(0.95, 30) == Approx(2.04227).epsilon(1e-5));
    CHECK(student_t(0.99, 5) == Approx(4.03214).epsilon(1e-5));
    CHECK(student_t(0.5, 1) == Approx(1).epsilon(1e-9));  // Cauchy's quartiles
    CHECK_THROWS_AS(student_t(0.95, 0), Error);
}

TEST_CASE("statistics: mean, interval, median and extremes of three numbers") {
    // Deviations -2, -1, 3: variance 14 / 2 = 7; 4.30265 * sqrt(7 / 3) = 6.57242.
    const Summary s = summarise({4, 8, 3});
    CHECK(s.count == 3);
    CHECK(s.mean == 5);
    CHECK(s.median == 4);
    CHECK(s.least == 3);
    CHECK(s.most == 8);
    CHECK(s.low == Approx(5 - 6.57242).epsilon(1e-5));
    CHECK(s.high == Approx(5 + 6.57242).epsilon(1e-5));
}

TEST_CASE("statistics: the median of an even count lies between the two in the middle") {
    CHECK(summarise({1, 10, 2, 4}).median == 3);
}

TEST_CASE("statistics: one seed has no interval, equal ones have one of no width, none have nothing") {
    CHECK(summarise({7}).mean == 7);
    CHECK_FALSE(std::isfinite(summarise({7}).low));
    CHECK(summarise({7, 7}).low == 7);
    CHECK_THROWS_AS(summarise({}), Error);
    CHECK_THROWS_AS(summarise({1, std::nan("")}), Error);
}

TEST_CASE("statistics: with three seeds the least p is a quarter") {
    const PairedTest t = paired_test({1, 2, 3}, {2, 4, 6});
    CHECK(t.count == 3);
    CHECK(t.mean == 2);
    CHECK(t.p == 0.25);
    CHECK(t.least_p == 0.25);
    CHECK(t.exact);
    // Differences 1, 2, 3: variance 1; 4.30265 / sqrt(3) = 2.48413.
    CHECK(t.low == Approx(2 - 2.48413).epsilon(1e-5));
    CHECK(t.high == Approx(2 + 2.48413).epsilon(1e-5));
}

TEST_CASE("statistics: p of four differences, counted by hand") {
    // 1, 2, 3, -1 sum to 5. Of sixteen flips the sums 7, 5, 5 and their opposites are as far from 0.
    CHECK(paired_test({0, 0, 0, 0}, {1, 2, 3, -1}).p == 6.0 / 16);
    // The other way round it is the same.
    CHECK(paired_test({1, 2, 3, -1}, {0, 0, 0, 0}).p == 6.0 / 16);
}

TEST_CASE("statistics: settings that are equal, or only trade places, do not differ") {
    CHECK(paired_test({1, 2, 3}, {1, 2, 3}).p == 1);
    CHECK(paired_test({1, 2}, {2, 1}).p == 1);
    CHECK(paired_test({1}, {2}).p == 1);
    CHECK_FALSE(std::isfinite(paired_test({1}, {2}).low));
}

TEST_CASE("statistics: sums that differ only by rounding are the same") {
    // 0.1 + 0.2 is not 0.3 in the last bit: flips of 0.1, 0.2 and -0.3 that bring 0 must all count.
    CHECK(paired_test({0, 0, 0}, {0.1, 0.2, -0.3}).p == 1);
    CHECK(paired_test({0, 0, 0}, {0.3, 0.1, 0.2}).p == 0.25);
}

TEST_CASE("statistics: ten seeds all one way are two flips of 1024") {
    const std::vector<double> none(10, 0.0), some{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    CHECK(paired_test(none, some).p == 2.0 / 1024);
}

TEST_CASE("statistics: beyond twenty seeds flips are sampled, and p stays above 0") {
    const std::vector<double> none(40, 0.0), some(40, 1.0);
    const PairedTest          far = paired_test(none, some);
    CHECK_FALSE(far.exact);
    CHECK(far.p == 1 / (1048576.0 + 1));
    std::vector<double> mixed(40, 1.0);
    for (std::size_t i = 0; i < 16; ++i) mixed[i] = -1;
    // 24 heads of 40 coins: P(|heads - 20| >= 4) = 0.2682.
    CHECK(paired_test(none, mixed).p == Approx(0.2682).epsilon(0.01));
}

TEST_CASE("statistics: seeds without a partner are refused") {
    CHECK_THROWS_AS(paired_test({1, 2}, {1}), Error);
    CHECK_THROWS_AS(paired_test({}, {}), Error);
}
