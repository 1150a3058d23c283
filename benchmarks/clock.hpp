#pragma once
// Wall-clock time, and the middle of several measurements.

#include <algorithm>
#include <chrono>
#include <vector>

namespace rung::bench {

inline double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The upper of the two middle values if their number is even.
inline double median(std::vector<double> values) {
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace rung::bench
