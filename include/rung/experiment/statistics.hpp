#pragma once
// What a handful of seeds says: mean with its interval, median, extremes, and whether two settings differ, by flipping
// the signs of their differences seed by seed (Fisher, "The design of experiments", 1935, section 21).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/core/rng.hpp"

namespace rung {

/// One number over seeds.
struct Summary {
    std::size_t count = 0;
    double      mean = 0, median = 0, least = 0, most = 0;
    double      low = 0, high = 0;  ///< 95 % interval of the mean (Student's t); not finite for one seed
};

/// Two settings over the seeds that both have: second minus first.
struct PairedTest {
    std::size_t count = 0;
    double      mean  = 0;          ///< difference
    double      low = 0, high = 0;  ///< its 95 % interval (Student's t); not finite for one seed
    double      p       = 1;        ///< two-sided
    double      least_p = 1;        ///< that so many seeds can reach: 2 / 2^count
    bool        exact   = true;     ///< all 2^count flips were tried, and not a sample of them
};

/// The t that a variable of Student's distribution stays within, on both sides of 0, with this probability.
/// @param freedom  degrees of freedom, at least 1
[[gnu::cold, gnu::noinline]] inline double student_t(double probability, std::size_t freedom) {
    RUNG_CHECK(freedom >= 1 && probability > 0 && probability < 1, "student_t: got ", probability, " and ",
               freedom, " degrees of freedom, wanted a number between 0 and 1 and at least 1");
    // Finite sums in the angle of tan(angle) = t / sqrt(freedom): Abramowitz and Stegun 26.7.3 and 26.7.4.
    const auto within = [freedom](double angle) {
        const double sine = std::sin(angle), cosine = std::cos(angle);
        const bool   odd  = freedom % 2 == 1;
        double       term = odd ? cosine : 1, sum = freedom == 1 ? 0 : term;
        for (std::size_t k = odd ? 3 : 2; k + 2 <= freedom; k += 2) {
            term *= cosine * cosine * double(k - 1) / double(k);
            sum += term;
        }
        return odd ? 2 / std::acos(-1.0) * (angle + sine * sum) : sine * sum;
    };
    double low = 0, high = std::acos(0.0);
    for (int halving = 0; halving < 60; ++halving)
        (within((low + high) / 2) < probability ? low : high) = (low + high) / 2;
    return std::tan(low) * std::sqrt(double(freedom));
}

/// Half the width of the 95 % interval of a mean. Infinite for one value, which knows nothing of the others.
[[gnu::cold, gnu::noinline]] inline double half_width(std::vector<double> const& values, double mean) {
    double     squares = 0;
    const auto count   = values.size();
    for (const double value : values) squares += (value - mean) * (value - mean);
    if (count < 2) return std::numeric_limits<double>::infinity();
    return student_t(0.95, count - 1) * std::sqrt(squares / double(count - 1) / double(count));
}

inline double mean_of(std::vector<double> const& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / double(values.size());
}

/// @param values  of one setting, by seed; at least one, all finite
[[gnu::cold, gnu::noinline]] inline Summary summarise(std::vector<double> values) {
    RUNG_CHECK(!values.empty(), "summarise: got no values, wanted at least 1");
    for (const double value : values)
        RUNG_CHECK(std::isfinite(value), "summarise: got ", value, ", wanted a finite number");
    std::sort(values.begin(), values.end());
    const std::size_t n    = values.size();
    const double      mean = mean_of(values), half = half_width(values, mean);
    return {.count  = n,
            .mean   = mean,
            .median = (values[(n - 1) / 2] + values[n / 2]) / 2,
            .least  = values.front(),
            .most   = values.back(),
            .low    = mean - half,
            .high   = mean + half};
}

/// How often flipping the signs of the differences, each with probability one half, brings their sum as far from 0 as
/// it is. Under the hypothesis that neither setting is better, this is exact for any distribution of the differences.
/// Up to 20 seeds all flips are tried; beyond, 2^20 of them drawn at random.
/// @param first, second  by seed, the same seed at the same place; at least one
[[gnu::cold, gnu::noinline]] inline PairedTest paired_test(std::vector<double> const& first,
                                                           std::vector<double> const& second) {
    const std::size_t n = first.size();
    RUNG_CHECK(n >= 1 && second.size() == n, "paired_test: got ", n, " and ", second.size(),
               " values, wanted as many of each, at least 1");
    std::vector<double> differences;
    double              size = 0;
    for (std::size_t i = 0; i < n; ++i) {
        differences.push_back(second[i] - first[i]);
        RUNG_CHECK(std::isfinite(differences.back()), "paired_test: got ", first[i], " and ", second[i],
                   ", wanted finite numbers");
        size += std::abs(differences.back());
    }
    PairedTest   test{.count = n, .mean = mean_of(differences)};
    const double half = half_width(differences, test.mean);
    test.low = test.mean - half, test.high = test.mean + half;

    // Sums of the same numbers in another order may differ in their last bits, and count as the same.
    const double        observed = std::abs(test.mean) * double(n) - 1e-12 * size;
    const std::uint32_t flips    = std::uint32_t{1} << std::min<std::size_t>(n, 20);
    Rng                 rng(0, Purpose::user);
    std::uint32_t       as_far = 0;
    test.exact                 = n <= 20;
    for (std::uint32_t flip = 0; flip < flips; ++flip) {
        double        sum  = 0;
        std::uint32_t bits = flip;
        for (std::size_t i = 0; i < n; ++i, bits >>= 1) {
            if (!test.exact && i % 32 == 0) bits = rng.bits();
            sum += bits & 1 ? -differences[i] : differences[i];
        }
        as_far += std::abs(sum) >= observed;
    }
    // What was observed is one of the flips; a sample may have missed it.
    test.p       = test.exact ? double(as_far) / flips : (double(as_far) + 1) / (double(flips) + 1);
    test.least_p = test.exact ? 2.0 / flips : 1 / (double(flips) + 1);
    return test;
}

}  // namespace rung
