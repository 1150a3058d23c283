#pragma once
// One of several, as often as weights say.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "rung/core/rng.hpp"

namespace rung::detail {

/// Of each weight and those before it; throws unless the weights are at least 0 and not all 0.
inline std::vector<double> sums_of(std::string_view where, std::vector<double> const& weights) {
    std::vector<double> sums;
    for (double sum = 0; const double weight : weights) {
        RUNG_CHECK(weight >= 0 && std::isfinite(weight), where, ": weight ", sums.size(), "; got ", weight,
                   ", wanted a number of at least 0");
        sums.push_back(sum += weight);
    }
    constexpr double least =
        std::numeric_limits<double>::min();  // below it a share of the sum may be the sum
    RUNG_CHECK(!sums.empty() && sums.back() >= least && std::isfinite(sums.back()), where, ": sum of ",
               sums.size(), " weights; got ", sums.empty() ? 0.0 : sums.back(),
               ", wanted a finite number of at least ", least);
    return sums;
}
/// A number below their count, by one word of random bits.
inline std::size_t pick(Rng& rng, std::vector<double> const& sums) {
    const double at = rng.bits() * 0x1p-32 * sums.back();
    return std::size_t(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin());
}

}  // namespace rung::detail
