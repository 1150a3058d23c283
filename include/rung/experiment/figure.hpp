#pragma once
// A line chart as self-contained SVG: named series with optional intervals, round ticks, a legend, marked places.
// Colour-blind readers can tell the colours apart (they are Okabe's and Ito's); the marks differ in shape too.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/axis.hpp"
#include "rung/experiment/svg.hpp"

namespace rung {

enum class Stroke { solid, dashed };

/// One line. A y that is not finite, or not positive on a log axis, is a gap.
struct Series {
    std::string         name;
    std::vector<double> x{}, y{};
    std::vector<double> low{}, high{};  ///< ends of an interval around each y, shaded; both empty: none
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
        const std::size_t count = s.y.size();
        const bool        pairs = s.x.size() == count && s.low.size() == s.high.size();
        RUNG_CHECK(pairs && (s.low.empty() || s.low.size() == count), "Figure::line: '", s.name, "'; got ",
                   s.x.size(), " x, ", count, " y, ", s.low.size(), " low, ", s.high.size(),
                   " high, wanted as many of each (low and high may be left out)");
        series_.push_back(std::move(s));
        return *this;
    }
    /// A vertical line with a text, such as "trained to 8".
    Figure& marker(double x, std::string label) {
        markers_.push_back({x, std::move(label)});
        return *this;
    }

    std::string svg() const {
        const Plot plot = layout();
        Svg        out{options_.width, options_.height, options_.title};
        out.text({14, 25}, options_.title, R"(font-size="15" font-weight="600")");
        axes(out, plot);
        for (auto const& [x, label] : markers_) mark_place(out, plot, x, label);
        out.begin_clip({plot.box.left - 5, plot.box.top - 5, plot.box.width + 10, plot.box.height + 10});
        for (std::size_t i = 0; i < series_.size(); ++i) band(out, plot, i);
        for (std::size_t i = 0; i < series_.size(); ++i) curve(out, plot, i);
        out.end_clip();
        legend([&](std::size_t i, Point p) {
            out.line(p, {p.x + 24, p.y}, stroke(i) + R"( stroke-width="2")");
            if (few_points(i)) out.path(mark({p.x + 12, p.y}, i), fill(i));
            out.text({p.x + 30, p.y + 4.5}, series_[i].name);
        });
        return std::move(out).finish();
    }

private:
    struct Plot {
        Box       box;
        Range     x, y;
        AxisScale scale;
        bool      whole, empty;  // every x a whole number; nothing to draw

        Point at(double u, double v) const {
            const double across = (u - x.from) / (x.to - x.from);
            const double up     = scale == AxisScale::log ? std::log(v / y.from) / std::log(y.to / y.from)
                                                          : (v - y.from) / (y.to - y.from);
            // What is far outside is cut off anyway; coordinates of 1e300 upset viewers.
            return {box.left + std::clamp(across, -9.0, 9.0) * box.width,
                    box.bottom() - std::clamp(up, -9.0, 9.0) * box.height};
        }
        std::vector<Tick> x_ticks() const { return linear_ticks(x, 10, whole ? 1 : 0); }
        std::vector<Tick> y_ticks() const {
            return scale == AxisScale::log ? log_ticks(y, 7) : linear_ticks(y, 6);
        }
    };

    bool has_place(double y) const {
        return std::isfinite(y) && (options_.y_scale == AxisScale::linear || y > 0);
    }
    bool drawable(Series const& s, std::size_t i) const { return std::isfinite(s.x[i]) && has_place(s.y[i]); }
    bool few_points(std::size_t i) const { return series_[i].x.size() <= 48; }

    static std::string colour(std::size_t i) {
        constexpr std::array<char const*, 7> okabe_ito{"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                       "#E69F00", "#56B4E9", "#222222"};
        return okabe_ito[i % okabe_ito.size()];
    }
    static std::string fill(std::size_t i) {
        return R"(stroke="#fff" stroke-width="0.8" fill=")" + colour(i) + "\"";
    }
    std::string stroke(std::size_t i) const {
        const char* dash = series_[i].stroke == Stroke::dashed ? R"( stroke-dasharray="6 4")" : "";
        return R"(fill="none" stroke-linejoin="round" stroke=")" + colour(i) + "\"" + dash;
    }
    /// Circle, square, diamond, triangle.
    static std::string mark(Point p, std::size_t i) {
        constexpr std::array<char const*, 4> shapes{"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
                                                    "m-3.5 -3.5h7v7h-7z", "m0 -5l5 5l-5 5l-5 -5z",
                                                    "m0 -4.6l4.6 8h-9.2z"};
        return pen("M", p) + shapes[i % shapes.size()];
    }
    static std::string pen(char const* move, Point p) { return move + Svg::n(p.x) + " " + Svg::n(p.y); }

    /// Visits the legend's entries, left to right and top to bottom; returns how many rows they take.
    template <class Visit>
    int legend(Visit visit) const {
        double x    = 14;
        int    rows = series_.empty() ? 0 : 1;
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const double width = text_width(series_[i].name) + 52;
            if (x > 14 && x + width > options_.width) x = 14, ++rows;
            visit(i, Point{x, 25.0 + 19 * rows});
            x += width;
        }
        return rows;
    }

    Plot layout() const {
        Range x, y;
        bool  whole = true;
        for (Series const& s : series_)
            for (std::size_t i = 0; i < s.y.size(); ++i) {
                if (!drawable(s, i)) continue;
                x.include(s.x[i]);
                y.include(s.y[i]);
                whole = whole && s.x[i] == std::round(s.x[i]);
                if (s.low.empty()) continue;
                for (const double end : {s.low[i], s.high[i]})
                    if (has_place(end)) y.include(end);
            }
        const bool empty = std::isnan(x.from);
        for (auto const& place : markers_) x.include(place.first);

        x = cover(options_.x_range, x, AxisScale::linear, 0.015);
        y = cover(options_.y_range, y, options_.y_scale, 0.05);
        Plot   plot{{}, x, y, options_.y_scale, whole, empty};
        double widest = 0;
        for (Tick const& tick : plot.y_ticks())
            widest = std::max(widest, text_width(tick.markup.substr(0, tick.markup.find("<"))));
        const double left = 46 + widest;
        const double top  = 44 + 19 * legend([](std::size_t, Point) {}) + (markers_.empty() ? 0 : 16);
        plot.box          = {left, top, options_.width - left - 22, options_.height - top - 54};
        return plot;
    }

    void axes(Svg& out, Plot const& plot) const {
        const Box box = plot.box;
        for (Tick const& tick : plot.y_ticks()) {
            const double y = plot.at(plot.x.from, tick.at).y;
            out.line({box.left, y}, {box.right(), y}, R"(stroke="#e8e8e8")");
            out.markup({box.left - 8, y + 4.5}, tick.markup, R"(text-anchor="end")");
        }
        for (Tick const& tick : plot.x_ticks()) {
            const double x = plot.at(tick.at, plot.y.from).x;
            out.line({x, box.bottom()}, {x, box.bottom() + 5}, R"(stroke="#444")");
            out.markup({x, box.bottom() + 19}, tick.markup, R"(text-anchor="middle")");
        }
        out.line({box.left, box.bottom()}, {box.right(), box.bottom()}, R"(stroke="#444")");
        const Point middle{box.left + box.width / 2, box.top + box.height / 2};
        out.text({middle.x, options_.height - 12}, options_.x, R"(text-anchor="middle")");
        out.text_upwards({20, middle.y}, options_.y);
        if (plot.empty) out.text(middle, "no data", R"(text-anchor="middle" fill="#888")");
    }

    /// The text stands above the chart, where no curve can run through it.
    static void mark_place(Svg& out, Plot const& plot, double at, std::string const& label) {
        const double x = plot.at(at, plot.y.from).x, half = text_width(label, 12) / 2;
        if (!(x >= plot.box.left - 1 && x <= plot.box.right() + 1)) return;
        out.line({x, plot.box.top - 6}, {x, plot.box.bottom()}, R"(stroke="#777" stroke-dasharray="3 3")");
        const double middle = std::max(plot.box.left + half, std::min(x, plot.box.right() + 14 - half));
        out.text({middle, plot.box.top - 10}, label, R"(font-size="12" fill="#555" text-anchor="middle")");
    }

    void band(Svg& out, Plot const& plot, std::size_t index) const {
        Series const& s = series_[index];
        std::string   upper, lower;  // there along the upper ends, back along the lower
        for (std::size_t i = 0; i <= s.low.size(); ++i) {
            if (i < s.low.size() && drawable(s, i) && std::isfinite(s.low[i]) && std::isfinite(s.high[i])) {
                upper += pen(upper.empty() ? "M" : "L", plot.at(s.x[i], s.high[i]));
                lower.insert(0, pen("L", plot.at(s.x[i], has_place(s.low[i]) ? s.low[i] : plot.y.from)));
            } else if (!upper.empty()) {
                out.path(upper + lower + "z", "fill-opacity=\"0.16\" fill=\"" + colour(index) + "\"");
                upper.clear(), lower.clear();
            }
        }
    }

    void curve(Svg& out, Plot const& plot, std::size_t index) const {
        Series const&      s = series_[index];
        std::string        d;
        char const*        move = "M";
        std::vector<Point> column;  // the points within one pixel's width
        const auto         draw = [&] {
            for (const Point p : outline(column)) d += pen(std::exchange(move, "L"), p);
            column.clear();
        };
        for (std::size_t i = 0; i < s.y.size(); ++i) {
            if (!drawable(s, i)) {
                draw();
                move = "M";
                continue;
            }
            const Point p = plot.at(s.x[i], s.y[i]);
            if (!column.empty() && std::floor(column.front().x) != std::floor(p.x)) draw();
            column.push_back(p);
        }
        draw();
        // A noisy curve of many points, drawn thick, would be a blot.
        const char* width = s.y.size() > 400 ? R"( stroke-width="1.2")" : R"( stroke-width="2")";
        if (!d.empty()) out.path(d, stroke(index) + width);
        for (std::size_t i = 0; i < s.y.size() && few_points(index); ++i)
            if (drawable(s, i)) out.path(mark(plot.at(s.x[i], s.y[i]), index), fill(index), describe(s, i));
    }

    /// The first, the extremes and the last look like all of them: a million points draw as a few thousand.
    static std::vector<Point> outline(std::vector<Point> const& points) {
        if (points.size() <= 4) return points;
        const auto by_height   = [](Point a, Point b) { return a.y < b.y; };
        const auto [low, high] = std::minmax_element(points.begin(), points.end(), by_height);
        return {points.front(), *std::min(low, high), *std::max(low, high), points.back()};
    }

    static std::string describe(Series const& s, std::size_t i) {
        const std::string at = s.name + ": " + text::brief(s.x[i]) + ", " + text::brief(s.y[i]);
        return s.low.empty() ? at : at + " [" + text::brief(s.low[i]) + ", " + text::brief(s.high[i]) + "]";
    }

    FigureOptions                               options_;
    std::vector<Series>                         series_;
    std::vector<std::pair<double, std::string>> markers_;
};

}  // namespace rung
