#pragma once
// Do counts look as they should?

#include <cmath>
#include <vector>

namespace rung_test {

/// Pearson's statistic of counts beside those expected, in standard deviations from its mean: below 5 or so for counts
/// that are what they should be. Expected counts below five are taken together; what is never to be seen must not be.
inline double chi_square(std::vector<double> const& counts, std::vector<double> const& expected) {
    double     sum = 0, freedom = -1, rare = 0, rare_expected = 0;
    const auto add = [&](double count, double wanted) {
        if (wanted == 0) {
            if (count > 0) sum = HUGE_VAL;
            return;
        }
        sum += (count - wanted) * (count - wanted) / wanted;
        ++freedom;
    };
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (expected[i] >= 5 || expected[i] == 0) add(counts[i], expected[i]);
        else rare += counts[i], rare_expected += expected[i];
    add(rare, rare_expected);
    return (sum - freedom) / std::sqrt(2 * freedom);
}

/// The same of counts that should be all alike.
inline double chi_square(std::vector<double> const& counts) {
    double all = 0;
    for (const double count : counts) all += count;
    return chi_square(counts, std::vector<double>(counts.size(), all / double(counts.size())));
}

}  // namespace rung_test
