#include "rung/experiment/figure.hpp"

#include <doctest/doctest.h>
#include <cstdio>
#include <limits>

#include "scratch.hpp"

using namespace rung;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// A chart of two series, one with an interval and a gap.
Figure accuracy() {
    Figure figure{{.title = "Exact match", .x = "length", .y = "share", .y_range = {0, 1}}};
    figure.line(
        {.name = "before", .x = {1, 2, 3}, .y = {1, 0.5, 0}, .low = {0.9, 0.4, 0}, .high = {1, 0.6, 0.1}});
    figure.line({.name = "after", .x = {1, 2, 3, 4}, .y = {1, missing, 1, 0.75}, .stroke = Stroke::dashed});
    figure.marker(2, "trained to 2");
    return figure;
}

}  // namespace

TEST_CASE("figure: the drawing is well-formed XML") { CHECK(scratch::xml_fault(accuracy().svg()) == ""); }

TEST_CASE("figure: every text in it is escaped") {
    Figure figure{{.title = "a < b & \"c\"", .x = "<x>", .y = "y&"}};
    figure.line({.name = "<script>", .x = {1}, .y = {1}}).marker(1, "</svg>");
    CHECK(scratch::xml_fault(figure.svg()) == "");
    CHECK(figure.svg().find("<script>") == std::string::npos);
}

TEST_CASE("figure: every point that can be drawn carries its numbers") {
    const std::string svg = accuracy().svg();
    CHECK(svg.find("<title>before: 2, 0.5 [0.4, 0.6]</title>") != std::string::npos);
    CHECK(svg.find("<title>after: 4, 0.75</title>") != std::string::npos);
    CHECK(scratch::count(svg, "<title>") == 6);
}

TEST_CASE("figure: title, axes, series and marker are named") {
    const std::string svg = accuracy().svg();
    for (const char* words :
         {">Exact match<", ">length<", ">share<", ">before<", ">after<", ">trained to 2<"})
        CHECK(svg.find(words) != std::string::npos);
}

TEST_CASE("figure: a higher value is drawn higher") {
    Figure figure{{.y_range = {0, 10}, .width = 400, .height = 300}};
    figure.line({.name = "s", .x = {0, 1}, .y = {0, 10}});
    const std::string svg  = figure.svg();
    const auto        from = svg.find("<path d=\"M") + 10;
    double            x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    REQUIRE(std::sscanf(svg.c_str() + from, "%lf %lfL%lf %lf", &x0, &y0, &x1, &y1) == 4);
    CHECK(x1 > x0);
    CHECK(y1 < y0);
}

TEST_CASE("figure: a gap in the data is a gap in the line") {
    Figure figure{{}};
    figure.line({.name = "s", .x = {0, 1, 2, 3, 4}, .y = {1, 2, missing, 2, 1}});
    const std::string svg  = figure.svg();
    const auto        from = svg.find("<path d=\"M") + 9;
    CHECK(scratch::count(svg.substr(from, svg.find('"', from) - from), "M") == 2);
}

TEST_CASE("figure: an interval is one shaded area") {
    CHECK(scratch::count(accuracy().svg(), "fill-opacity") == 1);
}

TEST_CASE("figure: a dashed series is dashed in the drawing and in the legend") {
    CHECK(scratch::count(accuracy().svg(), "stroke-dasharray=\"6 4\"") == 2);
}

TEST_CASE("figure: what is not positive has no place on a log axis") {
    Figure figure{{.y_scale = AxisScale::log}};
    figure.line({.name = "s", .x = {1, 2, 3}, .y = {0, -1, 0.5}});
    CHECK(scratch::count(figure.svg(), "<title>") == 1);
}

TEST_CASE("figure: no number in a drawing is infinite, huge or not a number") {
    Figure figure{{.x_range = {0, 1}, .y_range = {0, 1}}};
    figure.line({.name = "s",
                 .x    = {0, 1e300, missing, 1},
                 .y    = {-1e300, 1e300, 1, std::numeric_limits<double>::infinity()}});
    figure.marker(missing, "nowhere").marker(1e300, "far");
    const std::string svg = figure.svg();
    for (const char* bad : {"nan\"", "nan ", "inf", "000000"}) CHECK(svg.find(bad) == std::string::npos);
}

TEST_CASE("figure: a million points make a drawing of moderate size, extremes kept") {
    Series noisy{.name = "loss"};
    for (int i = 0; i < 1'000'000; ++i) {
        noisy.x.push_back(i);
        noisy.y.push_back(i == 123'456 ? 9 : i % 7 * 0.1);
    }
    Figure            figure{{.y_range = {0, 9}}};
    const std::string svg = figure.line(noisy).svg();
    CHECK(svg.size() < 100'000);
    const std::string top{Svg::coordinate(44 + 19)};  // where y = 9 stands, one legend row below the title
    CHECK(svg.find(" " + top + "L") != std::string::npos);
}

TEST_CASE("figure: with nothing to draw it says so") {
    CHECK(Figure{{.title = "Empty"}}.svg().find("no data") != std::string::npos);
    CHECK(scratch::xml_fault(Figure{{}}.svg()) == "");
}

TEST_CASE("figure: series of unequal lengths are refused by name") {
    CHECK_THROWS_WITH_AS(Figure{{}}.line({.name = "odd", .x = {1, 2}, .y = {1}}), doctest::Contains("'odd'"),
                         Error);
    CHECK_THROWS_AS(Figure{{}}.line({.name = "odd", .x = {1}, .y = {1}, .low = {1}}), Error);
}
