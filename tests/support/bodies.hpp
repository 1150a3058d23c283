#pragma once
// How a body of the GPU is run on the host and what it is held against.

#include <algorithm>
#include <cmath>

#include "support/reference.hpp"
#include "support/simt.hpp"

namespace rung_test {

/// Activations as a device stores them. What is computed in float from bf16 is held to bf16's rounding.
template <class T>
struct Stored {
    std::vector<T> data;
    Index          rows, cols;

    Stored(Index rows, Index cols, std::uint32_t stream, double scale = 1)
        : data(std::size_t(rows * cols)), rows(rows), cols(cols) {
        const Random<float> random(rows, cols, stream, scale);
        std::transform(random.data.begin(), random.data.end(), data.begin(), narrow<T>);
    }
    /// The same values in single precision.
    Random<float> wide() const {
        Random<float> out(rows, cols, 0);
        std::transform(data.begin(), data.end(), out.data.begin(), [](T x) { return widen(x); });
        return out;
    }
};
template <class T>
inline constexpr double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-2;

/// Largest distance, relative to max(1, |wanted|).
template <class T>
double apart(std::vector<T> const& got, Mat<float const> wanted) {
    double most = 0;
    for (Index i = 0; i < wanted.size(); ++i) {
        const double w = double(wanted(i / wanted.cols, i % wanted.cols));
        const double d = std::abs(double(widen(got[std::size_t(i)])) - w) / std::max(1.0, std::abs(w));
        if (!(d <= most)) most = d == d ? d : INFINITY;
    }
    return most;
}

enum class By { one_lane, warp, warp_backwards };
inline constexpr By every_way[] = {By::one_lane, By::warp, By::warp_backwards};

template <class F>
void run(By by, Index count, F const& f) {
    if (by == By::one_lane) run_serial(count, f);
    else run_emulated(count, f, by == By::warp ? Order::ascending : Order::descending);
}

}  // namespace rung_test
