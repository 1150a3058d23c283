#include "rung/experiment/heat_map.hpp"

#include <doctest/doctest.h>
#include <limits>

#include "scratch.hpp"

using namespace rung;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("heat map: the drawing is well-formed XML, whatever the labels") {
    HeatMap map{{.title = "a<b", .x = "&", .y = "\"", .columns = {"<", ">"}, .frontier = "&&"}};
    map.row("<r>", {0, 1}, 1);
    CHECK(scratch::xml_fault(map.svg()) == "");
}

TEST_CASE("heat map: every cell names its place and its value, missing ones too") {
    HeatMap map{{.x = "length", .y = "round", .columns = {"8", "9"}}};
    map.row("0", {1, 0.125}).row("1", {missing, 0});
    const std::string svg = map.svg();
    CHECK(scratch::count(svg, "<title>") == 4);
    CHECK(svg.find("<title>round 0, length 9: 12.5 %</title>") != std::string::npos);
    CHECK(svg.find("<title>round 1, length 8: not measured</title>") != std::string::npos);
}

TEST_CASE("heat map: nearly all is not shown as all") {
    HeatMap map{{.columns = {"8"}}};
    CHECK(map.row("0", {0.999}).svg().find(">99<") != std::string::npos);
}

TEST_CASE("heat map: what are no shares is written as it is, and coloured as a part of the most") {
    HeatMap    map{{.x = "token", .y = "block", .columns = {"a", "b"}, .most = 8, .text = CellText::numbers}};
    const auto svg = map.row("0", {8, 2.5}).svg();
    CHECK(svg.find("<title>block 0, token b: 2.5</title>") != std::string::npos);
    CHECK(svg.find(">2.5<") != std::string::npos);
    CHECK(scratch::count(svg, viridis(1)) == 1);
    CHECK(svg.find(" %") == std::string::npos);
}

TEST_CASE("heat map: words stand in cells instead of values") {
    HeatMap    map{{.x = "x", .y = "y", .columns = {"a", "b"}}};
    const auto svg = map.row("0", {1, 0.5}).words({"<", "word"}).svg();
    CHECK(svg.find(">&lt;<") != std::string::npos);
    CHECK(svg.find("<title>y 0, x b: word, 50.0 %</title>") != std::string::npos);
    CHECK(scratch::xml_fault(svg) == "");
    CHECK_THROWS_AS(map.words({"one"}), Error);
    CHECK_THROWS_AS(HeatMap{{}}.words({}), Error);
}

TEST_CASE("heat map: the colours are viridis from end to end") {
    CHECK(viridis(0) == "#440154");
    CHECK(viridis(0.5) == "#21908c");
    CHECK(viridis(1) == "#fde725");
}

TEST_CASE("heat map: a share outside 0 to 1 takes the nearest colour") {
    CHECK(viridis(-1e300) == viridis(0));
    CHECK(viridis(7) == viridis(1));
}

TEST_CASE("heat map: the frontier is one line from the first row to the last") {
    HeatMap map{{.columns = {"1", "2", "3"}, .frontier = "trained"}};
    map.row("0", {1, 0, 0}, 1).row("1", {1, 1, 0}, 2);
    CHECK(scratch::count(map.svg(), "stroke=\"#D55E00\"") == 2);  // the line and its key
    CHECK(map.svg().find(">trained<") != std::string::npos);
}

TEST_CASE("heat map: a frontier past the last column is drawn at the last column") {
    const auto draw = [](int reached) {
        HeatMap map{{.columns = {"1", "2"}, .frontier = "trained"}};
        return map.row("0", {1, 0}, reached).svg();
    };
    CHECK(draw(99) == draw(2));
    CHECK(draw(2) != draw(1));
}

TEST_CASE("heat map: a row of the wrong length is refused by name") {
    HeatMap map{{.columns = {"8", "9"}}};
    CHECK_THROWS_WITH_AS(map.row("r7", {1}), doctest::Contains("'r7'"), Error);
}

TEST_CASE("heat map: without rows or columns it is still a drawing") {
    CHECK(scratch::xml_fault(HeatMap{{}}.svg()) == "");
}
