#pragma once
// Where a chart puts its ticks, and how a number becomes a place between two ends.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rung/experiment/text.hpp"

namespace rung {

enum class AxisScale { linear, log };

/// The ends of an axis; one that is not given is taken from the data.
struct Range {
    double from = std::numeric_limits<double>::quiet_NaN();
    double to   = std::numeric_limits<double>::quiet_NaN();
};

struct Tick {
    double      at;
    std::string markup;  ///< ready for SVG: a power of ten has a raised exponent
};

/// The step among 1, 2, 5 times a power of ten that cuts `span` into at most `most` pieces.
inline double nice_step(double span, int most) {
    const double unit = std::pow(10.0, std::floor(std::log10(span / most)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (span / (factor * unit) <= most) return factor * unit;
    return 10 * unit;
}

/// Round numbers in `range`, all with the same digits and the same unit: 0, 5k, 10k, 15k.
inline std::vector<Tick> linear_ticks(Range range, int most, double least_step = 0) {
    const double step    = std::max(least_step, nice_step(range.to - range.from, most));
    const double largest = std::max(std::abs(range.from), std::abs(range.to));
    const double unit    = largest >= 1e6 ? 1e6 : largest >= 1e4 ? 1e3 : 1;
    const char*  suffix  = largest >= 1e6 ? "M" : largest >= 1e4 ? "k" : "";
    const int    digits  = std::max(0, int(std::ceil(-std::log10(step / unit) - 1e-9)));

    std::vector<Tick> ticks;
    for (double k = std::ceil(range.from / step - 1e-9); k * step <= range.to + 1e-9 * step; ++k)
        ticks.push_back({k * step, k == 0 ? "0" : text::fixed(k * step / unit, digits) + suffix});
    return ticks;
}

/// Powers of ten, with 2 and 5 between where there is room; round numbers where the range holds too few of those.
inline std::vector<Tick> log_ticks(Range range, int most) {
    const int    first = int(std::floor(std::log10(range.from))), last = int(std::ceil(std::log10(range.to)));
    const int    stride = std::max(1, (last - first + most - 1) / most);
    const bool   raised = first < -3 || last > 4;
    const double decades = std::log10(range.to / range.from);

    std::vector<Tick> ticks;
    for (int power = first; power <= last; power += stride)
        for (const int factor : {1, 2, 5}) {
            const double at = factor * std::pow(10.0, power);
            if ((factor > 1 && decades > 2) || at < range.from * (1 - 1e-9) || at > range.to * (1 + 1e-9)) continue;
            const std::string base = factor == 1 ? "10" : std::to_string(factor) + "·10";
            ticks.push_back({at, raised ? base + "<tspan dy=\"-5\" font-size=\"9\">" + std::to_string(power) + "</tspan>"
                                        : text::fixed(at, std::max(0, -power))});
        }
    return ticks.size() >= 3 ? ticks : linear_ticks(range, most);
}

/// The ends as given or else those of the data, apart by at least something, so that every division by the span is safe.
inline Range cover(Range given, Range data, AxisScale scale, double margin) {
    const bool log  = scale == AxisScale::log;
    const auto into = [&](double v) { return log ? std::log10(v) : v; };
    const auto out  = [&](double v) { return log ? std::pow(10.0, v) : v; };
    double     low = into(data.from), high = into(data.to);
    if (!(std::isfinite(low) && std::isfinite(high))) low = log ? -1 : 0, high = log ? 0 : 1;
    if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high))) low -= log ? 0.3 : 0.5, high += log ? 0.3 : 0.5;
    const double pad  = margin * (high - low);
    const double from = std::isnan(given.from) ? out(low - pad) : given.from;
    const double to   = std::isnan(given.to) ? out(high + pad) : given.to;
    return from < to ? Range{from, to} : Range{out(low - pad), out(high + pad)};
}

}  // namespace rung
