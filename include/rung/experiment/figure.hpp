#pragma once
// A line chart as self-contained SVG: named series with optional intervals, round ticks, a legend, marked places.
// Colour-blind readers can tell the colours apart (they are Okabe's and Ito's); the marks differ in shape too.

#include <algorithm>
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

    [[gnu::cold, gnu::noinline]] Figure& line(Series s) {
        const std::size_t count = s.y.size();
        const bool        pairs = s.x.size() == count && s.low.size() == s.high.size();
        RUNG_CHECK(pairs && (s.low.empty() || s.low.size() == count), "Figure::line: '", s.name, "'; got ",
                   s.x.size(), " x, ", count, " y, ", s.low.size(), " low, ", s.high.size(),
                   " high, wanted as many of each (low and high may be left out)");
        series_.push_back(std::move(s));
        return *this;
    }
    /// A vertical line with a text, such as "trained to 8".
    [[gnu::cold, gnu::noinline]] Figure& marker(double x, std::string label) {
        markers_.push_back(Marker{x, std::move(label)});
        return *this;
    }

    [[gnu::cold, gnu::noinline]] std::string svg() const {
        const Plot plot = layout();
        Svg        out{options_.width, options_.height, options_.title};
        out.text({14, 25}, options_.title).set("font-size", 15).set("font-weight", "600");
        axes(out, plot);
        for (Marker const& marker : markers_) place(out, plot, marker);
        out.begin_clip({plot.box.left - 5, plot.box.top - 5, plot.box.width + 10, plot.box.height + 10});
        for (std::size_t i = 0; i < series_.size(); ++i) band(out, plot, i);
        for (std::size_t i = 0; i < series_.size(); ++i) curve(out, plot, i);
        out.end_clip();
        legend(&out);
        return std::move(out).finish();
    }

private:
    struct Marker {
        double      x;
        std::string label;
    };
    struct Plot {
        Box               box;
        Range             x, y;
        AxisScale         scale;
        bool              empty;
        std::vector<Tick> x_ticks{}, y_ticks{};

        Point at(double u, double v) const {
            const double across = (u - x.from) / (x.to - x.from);
            const double up     = scale == AxisScale::log ? std::log(v / y.from) / std::log(y.to / y.from)
                                                          : (v - y.from) / (y.to - y.from);
            // What is far outside is cut off anyway; coordinates of 1e300 upset viewers.
            return {box.left + std::clamp(across, -9.0, 9.0) * box.width,
                    box.bottom() - std::clamp(up, -9.0, 9.0) * box.height};
        }
    };

    bool has_place(double y) const {
        return std::isfinite(y) && (options_.y_scale == AxisScale::linear || y > 0);
    }
    bool drawable(Series const& s, std::size_t i) const { return std::isfinite(s.x[i]) && has_place(s.y[i]); }
    bool few_points(std::size_t i) const { return series_[i].x.size() <= 48; }

    static std::string_view colour(std::size_t i) {
        constexpr std::string_view okabe_ito[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                  "#E69F00", "#56B4E9", "#222222"};
        return okabe_ito[i % std::size(okabe_ito)];
    }
    /// Gives the element begun last the look of series `i`: as a line, or as a mark.
    void stroke(Svg& out, std::size_t i, double width) const {
        out.set("fill", "none")
            .set("stroke-linejoin", "round")
            .set("stroke", colour(i))
            .set("stroke-width", width);
        if (series_[i].stroke == Stroke::dashed) out.set("stroke-dasharray", "6 4");
    }
    /// Circle, square, diamond, triangle.
    static Svg& mark(Svg& out, Point p, std::size_t i) {
        constexpr std::string_view shapes[] = {"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "m-3.5 -3.5h7v7h-7z",
                                               "m0 -5l5 5l-5 5l-5 -5z", "m0 -4.6l4.6 8h-9.2z"};
        std::string                d;
        pen_to(d, "M", p);
        out.path(d.append(shapes[i % std::size(shapes)]));
        return out.set("stroke", "#fff").set("stroke-width", 0.8).set("fill", colour(i));
    }

    /// Draws the legend, left to right and top to bottom, unless `out` is null; returns how many rows it takes.
    [[gnu::cold, gnu::noinline]] int legend(Svg* out) const {
        double x    = 14;
        int    rows = series_.empty() ? 0 : 1;
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const double width = text_width(series_[i].name) + 52;
            if (x > 14 && x + width > options_.width) x = 14, ++rows;
            if (out) {
                const double y = 25.0 + 19 * rows;
                stroke(out->line({x, y}, {x + 24, y}), i, 2);
                if (few_points(i)) mark(*out, {x + 12, y}, i);
                out->text({x + 30, y + 4.5}, series_[i].name);
            }
            x += width;
        }
        return rows;
    }

    [[gnu::cold, gnu::noinline]] Plot layout() const {
        Range x, y;
        bool  whole = true;
        for (Series const& s : series_)
            for (std::size_t i = 0; i < s.y.size(); ++i) {
                if (!drawable(s, i)) continue;
                x.include(s.x[i]);
                y.include(s.y[i]);
                whole = whole && s.x[i] == std::round(s.x[i]);
                if (!s.low.empty() && has_place(s.low[i])) y.include(s.low[i]);
                if (!s.low.empty() && has_place(s.high[i])) y.include(s.high[i]);
            }
        const bool empty = std::isnan(x.from);
        for (Marker const& marker : markers_) x.include(marker.x);

        const bool log = options_.y_scale == AxisScale::log;
        x              = cover(options_.x_range, x, AxisScale::linear, 0.015);
        y              = cover(options_.y_range, y, options_.y_scale, 0.05);
        Plot plot{{}, x, y, options_.y_scale, empty};
        plot.x_ticks  = linear_ticks(x, 10, whole ? 1 : 0);
        plot.y_ticks  = log ? log_ticks(y, 7) : linear_ticks(y, 6);
        double widest = 0;
        for (Tick const& tick : plot.y_ticks) widest = std::max(widest, tick.width());
        const double left = 46 + widest, top = 44 + 19 * legend(nullptr) + (markers_.empty() ? 0 : 16);
        plot.box = {left, top, options_.width - left - 22, options_.height - top - 54};
        return plot;
    }

    [[gnu::cold, gnu::noinline]] void axes(Svg& out, Plot const& plot) const {
        const Box   box    = plot.box;
        const Point middle = box.middle();
        for (Tick const& tick : plot.y_ticks) {
            const double y = plot.at(plot.x.from, tick.at).y;
            out.line({box.left, y}, {box.right(), y}).set("stroke", "#e8e8e8");
            out.markup({box.left - 8, y + 4.5}, tick.markup).set("text-anchor", "end");
        }
        for (Tick const& tick : plot.x_ticks) {
            const double x = plot.at(tick.at, plot.y.from).x;
            out.line({x, box.bottom()}, {x, box.bottom() + 5}).set("stroke", "#444");
            out.markup({x, box.bottom() + 19}, tick.markup).set("text-anchor", "middle");
        }
        out.line({box.left, box.bottom()}, {box.right(), box.bottom()}).set("stroke", "#444");
        out.text({middle.x, options_.height - 12}, options_.x).set("text-anchor", "middle");
        out.text_upwards({20, middle.y}, options_.y);
        if (plot.empty) out.text(middle, "no data").set("text-anchor", "middle").set("fill", "#888");
    }

    /// The text stands above the chart, where no curve can run through it.
    [[gnu::cold, gnu::noinline]] static void place(Svg& out, Plot const& plot, Marker const& marker) {
        const double x = plot.at(marker.x, plot.y.from).x, half = text_width(marker.label, 12) / 2;
        if (!(x >= plot.box.left - 1 && x <= plot.box.right() + 1)) return;
        out.line({x, plot.box.top - 6}, {x, plot.box.bottom()})
            .set("stroke", "#777")
            .set("stroke-dasharray", "3 3");
        const double middle = std::max(plot.box.left + half, std::min(x, plot.box.right() + 14 - half));
        out.text({middle, plot.box.top - 10}, marker.label).set("font-size", 12).set("fill", "#555");
        out.set("text-anchor", "middle");
    }

    [[gnu::cold, gnu::noinline]] void band(Svg& out, Plot const& plot, std::size_t index) const {
        Series const& s = series_[index];
        std::string   upper, lower;  // there along the upper ends, back along the lower
        for (std::size_t i = 0; i <= s.low.size(); ++i) {
            if (i < s.low.size() && drawable(s, i) && std::isfinite(s.low[i]) && std::isfinite(s.high[i])) {
                pen_to(upper, upper.empty() ? "M" : "L", plot.at(s.x[i], s.high[i]));
                std::string back;
                pen_to(back, "L", plot.at(s.x[i], has_place(s.low[i]) ? s.low[i] : plot.y.from));
                lower.insert(0, back);
            } else if (!upper.empty()) {
                out.path(text::join({upper, lower, "z"}))
                    .set("fill", colour(index))
                    .set("fill-opacity", "0.16");
                upper.clear(), lower.clear();
            }
        }
    }

    /// Of the points within one pixel's width, the first, the extremes and the last look like all of them: a
    /// million points draw as a few thousand.
    [[gnu::cold, gnu::noinline]] void curve(Svg& out, Plot const& plot, std::size_t index) const {
        Series const& s = series_[index];
        std::string   d;
        Point         last{}, low{}, high{};
        int           waiting = 0;  // points seen in this pixel after its first, which is drawn at once
        const auto    flush   = [&] {
            if (waiting > 2) pen_to(d, "L", low), pen_to(d, "L", high);
            if (waiting > 0) pen_to(d, "L", last);
            waiting = 0;
        };
        bool gap = true;
        for (std::size_t i = 0; i < s.y.size(); ++i) {
            if (!drawable(s, i)) {
                gap = true;
                continue;
            }
            const Point p = plot.at(s.x[i], s.y[i]);
            if (gap || std::floor(p.x) != std::floor(last.x)) {
                flush();
                pen_to(d, gap ? "M" : "L", p);
                low = high = p;
            } else {
                ++waiting;
                if (p.y < low.y) low = p;
                if (p.y > high.y) high = p;
            }
            last = p, gap = false;
        }
        flush();
        // A noisy curve of many points, drawn thick, would be a blot.
        if (!d.empty()) stroke(out.path(d), index, s.y.size() > 400 ? 1.2 : 2);
        for (std::size_t i = 0; i < s.y.size() && few_points(index); ++i)
            if (drawable(s, i)) mark(out, plot.at(s.x[i], s.y[i]), index).title(describe(s, i));
    }

    [[gnu::cold, gnu::noinline]] static std::string describe(Series const& s, std::size_t i) {
        const std::string at = text::join({s.name, ": ", text::brief(s.x[i]), ", ", text::brief(s.y[i])});
        if (s.low.empty()) return at;
        return text::join({at, " [", text::brief(s.low[i]), ", ", text::brief(s.high[i]), "]"});
    }

    FigureOptions       options_;
    std::vector<Series> series_;
    std::vector<Marker> markers_;
};

}  // namespace rung
