#include "rung/experiment/axis.hpp"

#include <doctest/doctest.h>

using namespace rung;

namespace {

std::string labels(std::vector<Tick> const& ticks) {
    std::string out;
    for (Tick const& tick : ticks) out += (out.empty() ? "" : " ") + tick.markup;
    return out;
}

}  // namespace

TEST_CASE("axis: ticks are round numbers inside the range") {
    CHECK(labels(linear_ticks({0, 1}, 6)) == "0 0.2 0.4 0.6 0.8 1.0");
    CHECK(labels(linear_ticks({1, 24}, 10)) == "5 10 15 20");
    CHECK(labels(linear_ticks({-0.3, 0.3}, 6)) == "-0.3 -0.2 -0.1 0 0.1 0.2 0.3");
}

TEST_CASE("axis: large ticks share one unit") {
    CHECK(labels(linear_ticks({0, 20'000}, 5)) == "0 5k 10k 15k 20k");
    CHECK(labels(linear_ticks({0, 3e6}, 6)) == "0 0.5M 1.0M 1.5M 2.0M 2.5M 3.0M");
}

TEST_CASE("axis: whole numbers get no ticks between them") {
    CHECK(labels(linear_ticks({1, 3}, 10, 1)) == "1 2 3");
}

TEST_CASE("axis: ticks of a log axis are powers of ten, or 1, 2, 5 when there are few") {
    CHECK(labels(log_ticks({0.001, 10}, 7)) == "0.001 0.01 0.1 1 10");
    CHECK(labels(log_ticks({0.1, 1}, 7)) == "0.1 0.2 0.5 1");
    CHECK(labels(log_ticks({0.45, 0.85}, 7)) == "0.5 0.6 0.7 0.8");
}

TEST_CASE("axis: far powers of ten have raised exponents") {
    CHECK(labels(log_ticks({1e-9, 1}, 3)).find("10<tspan dy=\"-5\" font-size=\"9\">-9</tspan>") == 0);
}

TEST_CASE("axis: a range is never empty, whatever the data") {
    for (const AxisScale scale : {AxisScale::linear, AxisScale::log})
        for (const Range data :
             {Range{}, Range{3, 3}, Range{1e-300, 1e-300}, Range{1e250, 1e250}, Range{1, 2}}) {
            const Range range = cover({}, data, scale, 0.05);
            CHECK(range.from < range.to);
            CHECK(linear_ticks(range, 7).size() <= 8);
        }
}

TEST_CASE("axis: data that are not negative get no negative numbers on their axis") {
    CHECK(cover({}, {0, 10}, AxisScale::linear, 0.05).from == 0);
}

TEST_CASE("axis: ends that make no sense are not obeyed") {
    CHECK(cover({5, 1}, {0, 10}, AxisScale::linear, 0).to == 10);
    CHECK(cover({0, 1}, {0.1, 10}, AxisScale::log, 0).from == doctest::Approx(0.1));
}
