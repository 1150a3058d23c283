#pragma once
// A line chart as self-contained SVG: named series with optional intervals, nice ticks, a legend, marked places.
// Colours are those of Okabe and Ito, told apart by colour-blind readers; marks differ in shape as well.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/axis.hpp"
#include "rung/experiment/svg.hpp"

namespace rung {

enum class Stroke { solid, dashed };

/// One line. A y that is NaN, or not positive on a log axis, is a gap.
struct Series {
    std::string         name;
    std::vector<double> x{}, y{};
    std::vector<double> low{}, high{};  ///< ends of an interval around each y, shaded; both empty: no interval
    Stroke              stroke = Stroke::solid;
};

struct FigureOptions {
    std::string title{}, x{}, y{};  ///< texts above the chart, below it, and beside it
    AxisScale   y_scale = AxisScale::linear;
    Range       x_range{}, y_range{};
    double      width = 680, height = 400;
};

class Figure {
public:
    explicit Figure(FigureOptions options) : options_{std::move(options)} {}

    Figure& line(Series s) {
        RUNG_CHECK(s.x.size() == s.y.size(), "Figure::line: '", s.name, "'; got ", s.x.size(), " x and ", s.y.size(),
                   " y, wanted as many of each");
        RUNG_CHECK(s.low.size() == s.high.size() && (s.low.empty() || s.low.size() == s.y.size()), "Figure::line: '", s.name,
                   "'; got ", s.low.size(), " low and ", s.high.size(), " high ends, wanted ", s.y.size(), " of each or none");
        series_.push_back(std::move(s));
        return *this;
    }
    /// A vertical line with a text, such as "trained to 8".
    Figure& marker(double x, std::string label) {
        markers_.push_back({x, std::move(label)});
        return *this;
    }

    std::string svg() const {
        Svg        out{options_.width, options_.height, options_.title};
        const Plot plot = layout();
        out.text({14, 25}, options_.title, R"(font-size="15" font-weight="600")");
        axes(out, plot);
        for (auto const& [x, label] : markers_) mark_place(out, plot, x, label);
        out.begin_clip({plot.box.left - 5, plot.box.top - 5, plot.box.width + 10, plot.box.height + 10});
        for (std::size_t i = 0; i < series_.size(); ++i) band(out, plot, i);
        for (std::size_t i = 0; i < series_.size(); ++i) curve(out, plot, i);
        out.end_clip();
        legend([&](std::size_t i, Point at) {
            out.line(at, {at.x + 24, at.y}, stroke(i));
            if (few_points(i)) out.path(shape({at.x + 12, at.y}, i), fill(i));
            out.text({at.x + 30, at.y + 4.5}, series_[i].name);
        });
        return std::move(out).finish();
    }

private:
    struct Plot {
        Box               box;
        Range             x, y;
        AxisScale         scale;
        std::vector<Tick> x_ticks, y_ticks;

        double across(double v) const { return box.left + (v - x.from) / (x.to - x.from) * box.width; }
        double up(double v) const {
            const double share = scale == AxisScale::log ? std::log(v / y.from) / std::log(y.to / y.from)
                                                         : (v - y.from) / (y.to - y.from);
            // Far outside the clip is far enough; a coordinate of 1e300 would confuse the reader's program.
            return box.top + box.height - std::clamp(share, -9.0, 9.0) * box.height;
        }
    };

    bool drawable(double v) const { return std::isfinite(v) && (options_.y_scale == AxisScale::linear || v > 0); }

    static std::string colour(std::size_t i) {
        constexpr std::array<char const*, 7> okabe_ito{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222"};
        return okabe_ito[i % okabe_ito.size()];
    }
    std::string stroke(std::size_t i) const {
        const char* dash = series_[i].stroke == Stroke::dashed ? R"( stroke-dasharray="6 4")" : "";
        return R"(fill="none" stroke-width="2" stroke-linejoin="round" stroke=")" + colour(i) + '"' + dash;
    }
    static std::string fill(std::size_t i) { return R"(stroke="#fff" stroke-width="0.8" fill=")" + colour(i) + '"'; }
    bool few_points(std::size_t i) const { return series_[i].x.size() <= 48; }

    /// Circle, square, diamond, triangle.
    static std::string shape(Point p, std::size_t i) {
        const std::string x = Svg::n(p.x), y = Svg::n(p.y);
        switch (i % 4) {
            case 0: return "M" + x + " " + y + "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z";
            case 1: return "M" + x + " " + y + "m-3.5 -3.5h7v7h-7z";
            case 2: return "M" + x + " " + y + "m0 -5l5 5l-5 5l-5 -5z";
            default: return "M" + x + " " + y + "m0 -4.6l4.6 8h-9.2z";
        }
    }

    /// Walks the legend's entries, left to right and top to bottom; returns how many rows they take.
    template <class Visit>
    int legend(Visit visit) const {
        double x   = 14;
        int    row = 0;
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const double width = 30 + text_width(series_[i].name) + 22;
            if (x > 14 && x + width > options_.width) x = 14, ++row;
            visit(i, Point{x, 44.0 + 19 * row});
            x += width;
        }
        return series_.empty() ? 0 : row + 1;
    }

    Plot layout() const {
        const double infinity = std::numeric_limits<double>::infinity();
        Range        x{infinity, -infinity}, y{infinity, -infinity};
        bool         whole = true;
        const auto   widen = [](Range& range, double v) { range = {std::min(range.from, v), std::max(range.to, v)}; };
        for (Series const& s : series_)
            for (std::size_t i = 0; i < s.x.size(); ++i) {
                if (!std::isfinite(s.x[i]) || !drawable(s.y[i])) continue;
                widen(x, s.x[i]);
                widen(y, s.y[i]);
                if (!s.low.empty() && drawable(s.low[i])) widen(y, s.low[i]);
                if (!s.low.empty() && drawable(s.high[i])) widen(y, s.high[i]);
                whole = whole && s.x[i] == std::round(s.x[i]);
            }
        for (auto const& [at, label] : markers_) widen(x, at);

        const bool log = options_.y_scale == AxisScale::log;
        Plot       plot{{}, cover(options_.x_range, x, AxisScale::linear, 0.015), cover(options_.y_range, y, options_.y_scale, 0.05),
                        options_.y_scale, {}, {}};
        plot.x_ticks = linear_ticks(plot.x, 10, whole ? 1 : 0);
        plot.y_ticks = log ? log_ticks(plot.y, 7) : linear_ticks(plot.y, 6);
        double widest = 0;
        for (Tick const& tick : plot.y_ticks) widest = std::max(widest, text_width(tick.markup.substr(0, tick.markup.find('<'))));
        const double left = 46 + widest, top = 46 + 19 * legend([](std::size_t, Point) {});
        plot.box = {left, top, options_.width - left - 22, options_.height - top - 54};
        return plot;
    }

    void axes(Svg& out, Plot const& plot) const {
        const Box    box    = plot.box;
        const double bottom = box.top + box.height, right = box.left + box.width;
        for (Tick const& tick : plot.y_ticks) {
            const double y = plot.up(tick.at);
            out.line({box.left, y}, {right, y}, R"(stroke="#e8e8e8")");
            out.markup({box.left - 8, y + 4.5}, tick.markup, R"(text-anchor="end")");
        }
        for (Tick const& tick : plot.x_ticks) {
            const double x = plot.across(tick.at);
            out.line({x, bottom}, {x, bottom + 5}, R"(stroke="#444")");
            out.markup({x, bottom + 19}, tick.markup, R"(text-anchor="middle")");
        }
        out.line({box.left, bottom}, {right, bottom}, R"(stroke="#444")");
        const Point middle{box.left + box.width / 2, box.top + box.height / 2};
        out.text({middle.x, options_.height - 12}, options_.x, R"(text-anchor="middle")");
        out.text_upwards({20, middle.y}, options_.y);
        if (series_.empty()) out.text(middle, "no data", R"(text-anchor="middle" fill="#888")");
    }

    static void mark_place(Svg& out, Plot const& plot, double at, std::string const& label) {
        const double x = plot.across(at), top = plot.box.top, right = plot.box.left + plot.box.width;
        if (!(x >= plot.box.left - 1 && x <= right + 1)) return;
        out.line({x, top}, {x, top + plot.box.height}, R"(stroke="#777" stroke-dasharray="3 3")");
        const bool before = x + 8 + text_width(label, 12) > right;
        out.text({before ? x - 6 : x + 6, top + 12}, label,
                 std::string{R"(font-size="12" fill="#555" stroke="#fff" stroke-width="3" paint-order="stroke" text-anchor=")"} +
                     (before ? "end\"" : "start\""));
    }

    void band(Svg& out, Plot const& plot, std::size_t index) const {
        Series const& s = series_[index];
        std::string   upper, lower;
        const auto    close = [&] {
            if (!upper.empty()) out.path("M" + upper.substr(1) + lower + "z", "fill-opacity=\"0.16\" fill=\"" + colour(index) + '"');
            upper.clear(), lower.clear();
        };
        for (std::size_t i = 0; i < s.low.size(); ++i) {
            const bool shown = std::isfinite(s.x[i]) && drawable(s.y[i]) && std::isfinite(s.low[i]) && std::isfinite(s.high[i]);
            if (!shown) {
                close();
                continue;
            }
            const double floor = drawable(s.low[i]) ? s.low[i] : plot.y.from;
            const auto   x     = Svg::n(plot.across(s.x[i])) + " ";
            upper += "L" + x + Svg::n(plot.up(s.high[i]));
            lower.insert(0, "L" + x + Svg::n(plot.up(floor)));
        }
        close();
    }

    void curve(Svg& out, Plot const& plot, std::size_t index) const {
        Series const&      s = series_[index];
        std::string        d;
        std::vector<Point> column;  // points within one pixel: the first, the extremes and the last look like all of them
        const auto         flush = [&] {
            if (column.empty()) return;
            const auto by_y = [](Point a, Point b) { return a.y < b.y; };
            const auto [low, high] = std::minmax_element(column.begin(), column.end(), by_y);
            auto keep = {column.begin(), std::min(low, high), std::max(low, high), column.end() - 1};
            auto last = column.end();
            for (const auto point : keep) {
                if (point == last) continue;
                d += (d.empty() || d.back() == ' ' ? "M" : "L") + Svg::n(point->x) + " " + Svg::n(point->y);
                last = point;
            }
            column.clear();
        };
        for (std::size_t i = 0; i < s.x.size(); ++i) {
            if (!std::isfinite(s.x[i]) || !drawable(s.y[i])) {
                flush();
                if (!d.empty() && d.back() != ' ') d += ' ';  // the next point starts a new piece
                continue;
            }
            const Point point{plot.across(s.x[i]), plot.up(s.y[i])};
            if (!column.empty() && std::floor(column.front().x) != std::floor(point.x)) flush();
            column.push_back(point);
        }
        flush();
        if (!d.empty()) out.path(d, stroke(index));
        if (few_points(index))
            for (std::size_t i = 0; i < s.x.size(); ++i)
                if (std::isfinite(s.x[i]) && drawable(s.y[i]))
                    out.path(shape({plot.across(s.x[i]), plot.up(s.y[i])}, index), fill(index), describe(s, i));
    }

    static std::string describe(Series const& s, std::size_t i) {
        std::string out = s.name + ": " + text::brief(s.x[i]) + ", " + text::brief(s.y[i]);
        if (!s.low.empty()) out += " [" + text::brief(s.low[i]) + ", " + text::brief(s.high[i]) + "]";
        return out;
    }

    FigureOptions                               options_;
    std::vector<Series>                         series_;
    std::vector<std::pair<double, std::string>> markers_;
};

}  // namespace rung
