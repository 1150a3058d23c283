#pragma once
// Where a chart puts its ticks, and which stretch of numbers an axis covers.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "rung/experiment/svg.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

enum class AxisScale { linear, log };

/// The ends of an axis; one that is not given is taken from the data.
struct Range {
    double from = std::numeric_limits<double>::quiet_NaN();
    double to   = std::numeric_limits<double>::quiet_NaN();

    void include(double v) { *this = {std::fmin(from, v), std::fmax(to, v)}; }  // fmin and fmax pass over NaN
};

struct Tick {
    double      at;
    std::string markup;  ///< ready for SVG: a power of ten has a raised exponent

    double width() const { return text_width(std::string_view{markup}.substr(0, markup.find('<'))); }
};

[[gnu::cold, gnu::noinline]] inline void add_tick(std::vector<Tick>& ticks, double at,
                                                  std::initializer_list<std::string_view> markup) {
    ticks.push_back(Tick{at, text::join(markup)});
}

/// The step among 1, 2, 5 times a power of ten that cuts `span` into at most `most` pieces.
inline double nice_step(double span, int most) {
    const double unit = std::pow(10.0, std::floor(std::log10(span / most)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (span / (factor * unit) <= most) return factor * unit;
    return 10 * unit;
}

/// Round numbers in `range`, all with the same digits and the same unit: 0, 5k, 10k, 15k.
[[gnu::cold, gnu::noinline]] inline std::vector<Tick> linear_ticks(Range range, int most,
                                                                   double least_step = 0) {
    const double step    = std::max(least_step, nice_step(range.to - range.from, most));
    const double largest = std::max(std::abs(range.from), std::abs(range.to));
    const double unit    = largest >= 1e6 ? 1e6 : largest >= 1e4 ? 1e3 : 1;
    const char*  suffix  = largest >= 1e6 ? "M" : largest >= 1e4 ? "k" : "";
    const int    digits  = std::max(0, int(std::ceil(-std::log10(step / unit) - 1e-9)));

    const auto        format = std::chars_format::fixed;
    std::vector<Tick> ticks;
    for (double k = std::ceil(range.from / step - 1e-9) + 0.0; k * step <= range.to + 1e-9 * step; ++k)
        add_tick(ticks, k * step,
                 {text::Digits{k * step / unit, format, k == 0 ? 0 : digits}, k == 0 ? "" : suffix});
    return ticks;
}

/// Powers of ten, with 2 and 5 between where there is room; round numbers where that leaves too few.
[[gnu::cold, gnu::noinline]] inline std::vector<Tick> log_ticks(Range range, int most) {
    const int    first   = int(std::floor(std::log10(range.from)));
    const int    last    = int(std::ceil(std::log10(range.to)));
    const int    stride  = std::max(1, (last - first + most - 1) / most);
    const bool   raised  = first < -3 || last > 4;
    const double decades = std::log10(range.to / range.from);

    std::vector<Tick> ticks;
    for (int power = first; power <= last; power += stride)
        for (const int factor : {1, 2, 5}) {
            const double at = factor * std::pow(10.0, power);
            if (factor > 1 && decades > 2) continue;
            if (at < range.from * (1 - 1e-9) || at > range.to * (1 + 1e-9)) continue;
            if (raised)
                add_tick(ticks, at,
                         {factor == 1   ? "10"
                          : factor == 2 ? "2·10"
                                        : "5·10",
                          R"(<tspan dy="-5" font-size="9">)", text::number(power), "</tspan>"});
            else add_tick(ticks, at, {text::Digits{at, std::chars_format::fixed, std::max(0, -power)}});
        }
    return ticks.size() >= 3 ? ticks : linear_ticks(range, most);
}

/// The ends as given, or else those of the data and `margin` times the span beyond. Never empty, so that dividing
/// by the span is safe, and never below zero for data that are not.
inline Range cover(Range given, Range data, AxisScale scale, double margin) {
    const bool log  = scale == AxisScale::log;
    const auto into = [log](double v) { return log ? std::log10(v) : v; };
    const auto from = [log](double v) { return log ? std::pow(10.0, v) : v; };
    double     low = into(data.from), high = into(data.to);
    if (!std::isfinite(low) || !std::isfinite(high)) low = log ? -1 : 0, high = low + 1;
    const double size = std::max(std::abs(low), std::abs(high));
    if (high - low <= 1e-6 * size) low -= 0.5 + 1e-3 * size, high += 0.5 + 1e-3 * size;
    const double pad = margin * (high - low);
    Range        out{from(low - pad), from(high + pad)};
    if (data.from >= 0 && out.from < 0) out.from = 0;
    if (std::isnan(given.from)) given.from = out.from;
    if (std::isnan(given.to)) given.to = out.to;
    const bool apart = given.to - given.from > 1e-6 * std::max(std::abs(given.from), std::abs(given.to));
    return apart && (!log || given.from > 0) ? given : out;
}

}  // namespace rung
