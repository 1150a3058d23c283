// Powers of two in single precision over a dense sweep, and where they end.

#include <doctest/doctest.h>

#include <limits>

#include "rung/backend/cpu/rows.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

using S = cpu::Simd<float>;

/// 2^x of every value, a vector at a time.
void power_of_two(std::vector<float>& x) {
    x.resize((x.size() + S::width - 1) / S::width * S::width);
    for (std::size_t i = 0; i < x.size(); i += S::width) {
        S::Vector v;
        S::load(v, x.data() + i);
        cpu::power_of_two<float>(v);
        S::store(x.data() + i, v);
    }
}
float power_of_two(float x) {
    std::vector<float> one{x};
    return power_of_two(one), one[0];
}

/// Worst distance from the true value, in units in its last place, over first, first + step, ... below last.
double worst(double first, double last, double step) {
    double gap = 0;
    for (double at = first; at < last;) {
        std::vector<float> x, y;
        for (; at < last && x.size() < 4096; at += step) x.push_back(float(at));
        y = x;
        power_of_two(y);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double wanted = std::exp2(double(x[i]));
            const int    place  = std::max(std::ilogb(wanted), -126) - 23;
            gap                 = std::max(gap, std::abs(double(y[i]) - wanted) * std::exp2(-place));
        }
    }
    return gap;
}

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("2^x is within 2 units in the last place, from -126 to 127") {
    CHECK(worst(-126, 127, 0.000731) < 2);
    CHECK(worst(-0.5, 0.5, 0x1p-20) < 2);    // the whole polynomial
    CHECK(worst(6.5, 7.5, 0x1p-18) < 2);     // and where x has fewer places left
    CHECK(worst(-1e-6, 1e-6, 0x1p-37) < 2);  // close to one
    CHECK(worst(-90.5, -89.5, 0x1p-16) < 2);
}

TEST_CASE("2^x is exact at integers, and at zeros of either sign") {
    for (int n = -126; n <= 126; ++n) {
        CAPTURE(n);
        CHECK(power_of_two(float(n)) == std::ldexp(1.f, n));
    }
    CHECK(power_of_two(-0.f) == 1);
    CHECK(power_of_two(std::numeric_limits<float>::denorm_min()) == 1);
}

TEST_CASE("2^x falls by no more than rounding as x grows, across the borders of its pieces too") {
    for (const float border : {-100.5f, -1.5f, -0.5f, 0.5f, 1.5f, 64.5f}) {
        float before = 0;
        float x      = border;
        for (int i = 0; i < 50; ++i) x = std::nextafter(x, -infinity);
        for (int i = 0; i < 100; ++i, x = std::nextafter(x, infinity)) {
            const float y = power_of_two(x);
            CHECK(y >= before * (1 - 3 * 0x1p-23f));
            before = y;
        }
    }
}

TEST_CASE("2^x is zero below -127, tiny just above, and finite however large x is") {
    for (const float x :
         {-127.f, -127.01f, -150.f, -1e4f, -1e30f, -std::numeric_limits<float>::max(), -infinity})
        CHECK(power_of_two(x) == 0);
    for (float x = -127; x <= -126; x += 0x1p-8f) {
        CHECK(power_of_two(x) >= 0);
        CHECK(std::abs(double(power_of_two(x)) - std::exp2(double(x))) < 0x1p-126);
    }
    for (const float x : {127.f, 127.5f, 128.f, 1e4f, 1e30f, std::numeric_limits<float>::max(), infinity})
        CHECK(power_of_two(x) == 0x1p127f);
}

TEST_CASE("NaN stays NaN, and stays in its place") {
    std::vector<float> x(S::width, 3.f);
    x[1] = std::numeric_limits<float>::quiet_NaN(), x[2] = -x[1];
    power_of_two(x);
    for (int i = 0; i < S::width; ++i)
        CHECK((i == 1 || i == 2 ? x[std::size_t(i)] != x[std::size_t(i)] : x[std::size_t(i)] == 8));
}

TEST_CASE("the exponentials of a row and their sum, at every length") {
    for (Index n = 1; n <= 40; ++n) {
        const Random<float> x(1, n, 1, 3);
        std::vector<float>  y(std::size_t(n) + 1, -7.f);
        const float         top = cpu::largest(x.data.data(), n),
                    total       = cpu::exponential_row(y.data(), x.data.data(), top, n);
        double sum              = 0;
        CHECK(top == *std::max_element(x.data.begin(), x.data.end()));
        for (Index i = 0; i < n; ++i) {
            const double wanted = std::exp(double(x.data[i]) - double(top));
            CHECK(y[std::size_t(i)] ==
                  doctest::Approx(wanted).epsilon(4e-6));  // (x - top) log2 e is rounded, then raised
            sum += wanted;
        }
        CHECK(total == doctest::Approx(sum).epsilon(2e-6));
        CHECK(y[std::size_t(n)] == -7);
    }
}
