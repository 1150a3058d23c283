#include "rung/experiment/svg.hpp"

#include <doctest/doctest.h>

#include "scratch.hpp"

using namespace rung;

TEST_CASE("svg: a coordinate is as short as a screen needs") {
    CHECK(std::string{Svg::coordinate(1.0 / 3)} == "0.3");
    CHECK(std::string{Svg::coordinate(12)} == "12");
    CHECK(std::string{Svg::coordinate(-0.01)} == "0");
}

TEST_CASE("svg: every kind of element is closed, whatever came before it") {
    Svg out{100, 50, "a \"name\""};
    out.line({0, 0}, {1, 1}).set("stroke", "#222");
    out.text({5, 5}, "1 < 2");
    out.rect({0, 0, 10, 10}).title("a & b");
    out.begin_clip({0, 0, 10, 10});
    out.path("M0 0L1 1");
    out.end_clip();
    out.text_upwards({1, 2}, "up");
    const std::string svg = std::move(out).finish();
    CHECK(scratch::xml_fault(svg) == "");
    CHECK(svg.find("<title>a &amp; b</title></rect>") != std::string::npos);
    CHECK(svg.find(">1 &lt; 2</text>") != std::string::npos);
}

TEST_CASE("svg: an attribute belongs to the element begun last") {
    Svg out{100, 50, ""};
    out.rect({0, 0, 1, 1});
    out.line({0, 0}, {1, 1}).set("stroke", "#222");
    const std::string svg = std::move(out).finish();
    CHECK(svg.find(R"(<line x1="0" y1="0" x2="1" y2="1" stroke="#222"/>)") != std::string::npos);
}

TEST_CASE("svg: a letter of several bytes is as wide as one") { CHECK(text_width("é") == text_width("e")); }
