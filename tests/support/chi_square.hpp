#pragma once
// Do counts look as they should?

#include <cmath>
#include <vector>

namespace rung_test {

/// Pearson's statistic of counts beside those expected, in standard deviations from its mean: below 5 or so for counts
/// that are what they should be. Expected counts below five say nothing.
inline double chi_square(std::vector<double> const& counts, std::vector<double> const& expected) {
    double sum = 0, freedom = -1;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (expected[i] < 5) continue;
        sum += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
        ++freedom;
    }
    return (sum - freedom) / std::sqrt(2 * freedom);
}

/// The same of counts that should be all alike.
inline double chi_square(std::vector<double> const& counts) {
    double all = 0;
    for (const double count : counts) all += count;
    return chi_square(counts, std::vector<double>(counts.size(), all / double(counts.size())));
}

}  // namespace rung_test
