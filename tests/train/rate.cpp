#include <doctest/doctest.h>

#include "rung/train/rate.hpp"

using namespace rung;

TEST_CASE("warm-up climbs in equal steps to the peak") {
    const WarmupCosine      cosine{.peak = 2, .warmup = 4, .steps = 100};
    const WarmupStableDecay wsd{.peak = 2, .warmup = 4, .steps = 100, .decay = 20};
    for (int step = 0; step < 4; ++step) {
        CHECK(cosine(step) == doctest::Approx(0.5 * (step + 1)));
        CHECK(wsd(step) == doctest::Approx(0.5 * (step + 1)));
    }
}

TEST_CASE("the cosine leaves the peak after warm-up, is halfway in the middle and ends with the last step") {
    const WarmupCosine rate{.peak = 1, .warmup = 10, .steps = 110, .end = 0.1};
    CHECK(rate(9) == doctest::Approx(1));
    CHECK(rate(59) == doctest::Approx(0.55));
    CHECK(rate(109) == doctest::Approx(0.1));  // the last step
    CHECK(rate(500) == doctest::Approx(0.1));
}

TEST_CASE("warmup-stable-decay is flat until its decay begins") {
    const WarmupStableDecay rate{.peak = 1, .warmup = 10, .steps = 100, .decay = 20, .end = 0.01};
    for (const int step : {10, 50, 79}) CHECK(rate(step) == doctest::Approx(1));
    CHECK(rate(89) == doctest::Approx(0.505));
    CHECK(rate(99) == doctest::Approx(0.01));
}

TEST_CASE("a schedule without warm-up starts at its peak") {
    CHECK(WarmupStableDecay{.peak = 3, .warmup = 0, .steps = 10, .decay = 5}(0) == doctest::Approx(3));
    CHECK(WarmupCosine{.peak = 3, .warmup = 0, .steps = 1'000}(0) == doctest::Approx(3).epsilon(1e-4));
    CHECK(WarmupStableDecay{.peak = 1, .warmup = 0, .steps = 1, .decay = 1, .end = 0.5}(0) ==
          doctest::Approx(0.5));
}
