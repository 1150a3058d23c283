// Every fused operation in single precision against the plain formula by Eigen in double precision, at widths of one,
// odd, and whole vectors. Bounds are in units of float rounding; see units(). All matrices stand in NaN.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/reference.hpp"

using namespace rung_test;

namespace {

constexpr Index rows = 5;
const double    rate = std::sqrt(2 / M_PI);

Array tanh_of_gelu(Array const& x) { return (rate * (x + 0.044715 * x.cube())).tanh(); }
Array sigmoid(Array const& x) { return 1 / (1 + (-x).exp()); }

template <Activation A>
Array value_of(Array const& x) {
    if constexpr (A == Activation::gelu) return 0.5 * x * (1 + tanh_of_gelu(x));
    else if constexpr (A == Activation::silu) return x * sigmoid(x);
    else if constexpr (A == Activation::relu) return x.max(0.0);
    else return x.max(0.0).square();
}
template <Activation A>
Array slope_of(Array const& x) {
    if constexpr (A == Activation::gelu) {
        const Array t = tanh_of_gelu(x);
        return 0.5 * (1 + t) + 0.5 * x * (1 - t.square()) * rate * (1 + 3 * 0.044715 * x.square());
    } else if constexpr (A == Activation::silu) {
        const Array s = sigmoid(x);
        return s + x * s * (1 - s);
    } else if constexpr (A == Activation::relu) {
        return (x > 0).template cast<double>();
    } else {
        return 2 * x.max(0.0);
    }
}

template <Activation A>
using Of = std::integral_constant<Activation, A>;
#define EVERY_ACTIVATION \
    Of<Activation::gelu>, Of<Activation::silu>, Of<Activation::relu>, Of<Activation::relu_squared>

template <int c>
using Width = std::integral_constant<int, c>;
#define EVERY_WIDTH \
    Width<1>, Width<2>, Width<5>, Width<7>, Width<8>, Width<16>, Width<17>, Width<64>, Width<300>

}  // namespace

TEST_CASE_TEMPLATE("activations, the slopes they leave, and the backward pass from them", A,
                   EVERY_ACTIVATION) {
    cpu::Lane<float> lane;
    // A slope of GELU cancels in 1 - sigmoid, and is multiplied by up to x^3 before it does.
    const double far = A::value == Activation::gelu ? 60 : 12;
    for (const Index c : columns) {
        CAPTURE(c);
        Framed<>       x(rows, c, 1, 2), y(rows, c, 2), dx(rows, c, 3);
        const Framed<> dy(rows, c, 4);
        const Array    X = exact(x), D = exact(dy), slope = slope_of<A::value>(X);
        cpu::activate<A::value>(lane, y.view(), x.view());
        CHECK(units(y, value_of<A::value>(X)) < 4);
        CHECK(units(x, slope) < far);
        cpu::activate_backward<A::value>(lane, dx.view(), dy, x);
        CHECK(units(dx, exact(x) * D) <= 1);
        CHECK(units(dx, slope * D) < far);
        CHECK((x.intact() && y.intact() && dx.intact()));
        Framed<> in(rows, c, 1, 2), out(rows, c, 5);
        cpu::activate<A::value>(lane, out.view(), in.view(), Keep::nothing);
        CHECK((exact(out) == exact(y)).all());
        CHECK((exact(in) == X).all());
        CHECK((in.intact() && out.intact()));
    }
}

TEST_CASE("activations far from zero are zero, or their input, and never NaN") {
    cpu::Lane<float> lane;
    const float      far[] = {0.f,    -0.f, 30.f,  -30.f,  1e4f,  -1e4f, 200.f,
                              -200.f, 87.f, 1e13f, -1e13f, 1e30f, -1e30f};
    Buffer<float>    gate(26), x(13), y(13);
    std::copy_n(far, 13, x.data());
    std::copy_n(far, 13, gate.data()), std::fill_n(gate.data() + 13, 13, 1.f);
    activate<Activation::gelu>(lane, Mat<float>(y.data(), 1, 13), Mat<float>(x.data(), 1, 13));
    for (Index i = 0; i < 13; ++i) {
        CHECK(std::abs(y[i] - std::max(far[i], 0.f)) < 1e-33);
        CHECK(std::abs(x[i] - (far[i] > 0 ? 1 : far[i] < 0 ? 0 : 0.5)) < 1e-25);
    }
    activate_gate<Activation::silu>(lane, Mat<float>(y.data(), 1, 13), Mat<float>(gate.data(), 1, 26));
    for (Index i = 0; i < 13; ++i) {
        const double s = 1 / (1 + std::exp(-double(far[i])));
        CHECK(std::abs(y[i] - far[i] * s) <=
              std::min(1.f, std::abs(far[i])) * 0x1p-23 + std::max(far[i], 0.f) * 0x1p-23);
        CHECK(gate[13 + i] == y[i]);
        CHECK(std::abs(gate[i] - (s + far[i] * s * (1 - s))) < 4e-7);
    }
}

TEST_CASE_TEMPLATE("gates, the slopes they leave, and the backward pass from them", A, EVERY_ACTIVATION) {
    cpu::Lane<float> lane;
    const double     far = A::value == Activation::gelu ? 60 : 12;
    for (const Index c : columns) {
        CAPTURE(c);
        Framed<>       x(rows, 2 * c, 1, 2), y(rows, c, 2), dx(rows, 2 * c, 3);
        const Framed<> dy(rows, c, 4);
        const Array    gate = exact(x).leftCols(c), up = exact(x).rightCols(c), D = exact(dy);
        const Array    value = value_of<A::value>(gate);
        Array          slopes(rows, 2 * c), wanted(rows, 2 * c);
        slopes << up * slope_of<A::value>(gate), value;
        wanted << D * slopes.leftCols(c), D * slopes.rightCols(c);
        cpu::activate_gate<A::value>(lane, y.view(), x.view());
        CHECK(units(y, value * up) < 8);
        CHECK(units(x, slopes) < far);
        cpu::activate_gate_backward<A::value>(lane, dx.view(), dy, x);
        CHECK(units(dx, wanted) < far);
        CHECK((x.intact() && y.intact() && dx.intact()));
        Framed<> in(rows, 2 * c, 1, 2), out(rows, c, 5);
        cpu::activate_gate<A::value>(lane, out.view(), in.view(), Keep::nothing);
        CHECK((exact(out) == exact(y)).all());
        CHECK((in.intact() && out.intact()));
    }
}

TEST_CASE("logits are capped, and never NaN") {
    cpu::Lane<float> lane;
    for (const Index c : columns)
        for (const double spread : {3.0, 30.0, 1e6}) {
            Framed<>    x(rows, c, 1, spread), y(rows, c, 2), in(rows, c, 1, spread);
            const Array tanh = (exact(x) / 30).tanh();
            soft_cap(lane, y.view(), x.view(), 30);
            CHECK(units(y, 30 * tanh) < 60);  // of 1 - e, before it is multiplied by 30
            CHECK(units(x, 1 - tanh.square()) < 4);
            soft_cap(lane, in.view(), in.view(), 30, Keep::nothing);
            CHECK((exact(in) == exact(y)).all());
            CHECK((x.intact() && y.intact() && in.intact()));
        }
}

TEST_CASE_TEMPLATE("layer norm forward and backward, with and without bias", W, EVERY_WIDTH) {
    constexpr int    c = W::value;
    cpu::Lane<float> lane;
    spoil(lane);
    for (const Index biased : {0, 1}) {
        Framed<> x(rows, c, 1, 2, 0.5), y(rows, c, 5), stats(rows, 2, 6), dx(rows, c, 7), dgain(1, c, 8),
            dbias(biased, c, 9);
        const Framed<> gain(1, c, 2), bias(biased, c, 3), dy(rows, c, 4);
        const Array    X = exact(x), G = exact(gain).replicate(rows, 1), D = exact(dy), DX = exact(dx);
        const Array    B    = biased ? Array(exact(bias).replicate(rows, 1)) : Array(Array::Zero(rows, c));
        const Array    mean = X.rowwise().mean(), centred = X - mean.replicate(1, c);
        const Array    inv = (centred.square().rowwise().mean() + cpu::norm_epsilon).rsqrt();
        const Array    hat = centred * inv.replicate(1, c), slope = D * G;
        const Array    wanted = DX + (slope - slope.rowwise().mean().replicate(1, c) -
                                   hat * (slope * hat).rowwise().mean().replicate(1, c)) *
                                      inv.replicate(1, c);
        const Array dgain_wanted = exact(dgain) + (D * hat).colwise().sum();
        const Array dbias_wanted = biased ? Array(exact(dbias) + D.colwise().sum()) : Array(0, c);
        layer_norm<c>(lane, y.view(), stats.view(), x, gain, bias);
        add_layer_norm_backward<c>(lane, dx.view(), dgain.view(), dbias.view(), dy, x, stats, gain);
        const double scale = std::max(1.0, inv.maxCoeff());  // what a row's spread divides by
        CHECK(units(y, hat * G + B) < 8 * scale);
        CHECK(units(Array(exact(stats).col(0)), mean) < 4);
        CHECK(units(Array(exact(stats).col(1)), inv) < 4 * scale);
        CHECK(units(dx, wanted) < 10 * scale);
        CHECK(units(dgain, dgain_wanted) < 16 * scale);
        CHECK(units(dbias, dbias_wanted) < 8);
        CHECK((y.intact() && stats.intact() && dx.intact() && dgain.intact() && dbias.intact()));
    }
}

TEST_CASE_TEMPLATE("RMS norm forward and backward", W, EVERY_WIDTH) {
    constexpr int    c = W::value;
    cpu::Lane<float> lane;
    Framed<>         x(rows, c, 1, 2, 0.5), y(rows, c, 5), stats(rows, 1, 6), dx(rows, c, 7), dgain(1, c, 8);
    const Framed<>   gain(1, c, 2), dy(rows, c, 4);
    const Array      X = exact(x), G = exact(gain).replicate(rows, 1), D = exact(dy);
    const Array      inv = (X.square().rowwise().mean() + cpu::norm_epsilon).rsqrt();
    const Array      hat = X * inv.replicate(1, c), slope = D * G;
    const Array      wanted =
        exact(dx) + (slope - hat * (slope * hat).rowwise().mean().replicate(1, c)) * inv.replicate(1, c);
    const Array dgain_wanted = exact(dgain) + (D * hat).colwise().sum();
    rms_norm<c>(lane, y.view(), stats.view(), x, gain);
    add_rms_norm_backward<c>(lane, dx.view(), dgain.view(), dy, x, stats, gain);
    const double scale = std::max(1.0, inv.maxCoeff());
    CHECK(units(y, hat * G) < 6);
    CHECK(units(stats, inv) < 4 * scale);
    CHECK(units(dx, wanted) < 12 * scale);
    CHECK(units(dgain, dgain_wanted) < 16);
    CHECK((y.intact() && stats.intact() && dx.intact() && dgain.intact()));
}

TEST_CASE_TEMPLATE("a norm of each head is the RMS norm of its channels", W, EVERY_WIDTH) {
    constexpr int    D = W::value, heads = 3, c = heads * D;
    cpu::Lane<float> lane;
    Framed<> x(rows, c, 1, 2, 0.5), hat(rows, c, 5), stats(rows, heads, 6), d(rows, c, 7), dgain(1, D, 8);
    const Framed<> gain(1, D, 2);
    const Array    X = exact(x), DY = exact(d), G = exact(gain).replicate(rows, 1);
    Array          dgain_wanted = exact(dgain), Y(rows, c), HAT(rows, c), DX(rows, c), INV(rows, heads);
    for (Index h = 0; h < heads; ++h) {
        const Array of = X.middleCols(h * D, D), dy = DY.middleCols(h * D, D), slope = dy * G;
        const Array inv        = (of.square().rowwise().mean() + cpu::norm_epsilon).rsqrt();
        const Array hat_of     = of * inv.replicate(1, D);
        const Array along      = (slope * hat_of).rowwise().mean().replicate(1, D);
        Y.middleCols(h * D, D) = hat_of * G, HAT.middleCols(h * D, D) = hat_of, INV.col(h) = inv;
        DX.middleCols(h * D, D) = (slope - hat_of * along) * inv.replicate(1, D);
        dgain_wanted += (dy * hat_of).colwise().sum();
    }
    head_norm<D>(lane, x.view(), hat.view(), stats.view(), gain);
    add_head_norm_backward<D>(lane, d.view(), dgain.view(), hat, stats, gain);
    const double scale = std::max(1.0, INV.maxCoeff());
    CHECK(units(x, Y) < 6);
    CHECK(units(hat, HAT) < 6);
    CHECK(units(stats, INV) < 4 * scale);
    CHECK(units(d, DX) < 12 * scale);
    CHECK(units(dgain, dgain_wanted) < 32);
    CHECK((x.intact() && hat.intact() && stats.intact() && d.intact() && dgain.intact()));
}

TEST_CASE("rotary positions turn pairs by position times frequency, and the backward pass turns them back") {
    cpu::Lane<float> lane;
    const int        places[] = {0, 3, 3, 999, 17};
    for (const Index D : {2, 6, 8, 12, 16, 32, 64, 72})
        for (const Index heads : {1, 3}) {
            CAPTURE(D);
            Framed<>    x(rows, heads * D, 1);
            const Array X      = exact(x);
            Array       wanted = X;
            for (Index i = 0; i < rows; ++i)
                for (Index h = 0; h < heads; ++h)
                    for (Index c = 0; c < D / 2; ++c) {
                        const double angle = places[i] * std::pow(500.0, -2.0 * double(c) / double(D));
                        const double a = X(i, h * D + c), b = X(i, h * D + c + D / 2);
                        wanted(i, h * D + c)         = a * std::cos(angle) - b * std::sin(angle);
                        wanted(i, h * D + c + D / 2) = b * std::cos(angle) + a * std::sin(angle);
                    }
            rope(lane, x.view(), places, int(heads), {.theta = 500});
            CHECK(units(x, wanted) < 4);
            rope_backward(lane, x.view(), places, int(heads), {.theta = 500});
            CHECK(units(x, X) < 8);
            CHECK(x.intact());
        }
}

TEST_CASE("part of a head turns, by angles of stretched positions or of longer waves") {
    cpu::Lane<float> lane;
    const int        places[] = {0, 3, 3, 999, 17};
    const Index      D = 20, R = 12, heads = 3;
    for (const double stretch : {1.0, 4.0})
        for (const double ntk : {1.0, 8.0}) {
            Framed<>       x(rows, heads * D, 1);
            const Rotation rotation{.theta = 500, .channels = int(R), .stretch = stretch, .ntk = ntk};
            const Array    X      = exact(x);
            Array          wanted = X;
            for (Index i = 0; i < rows; ++i)
                for (Index h = 0; h < heads; ++h)
                    for (Index c = 0; c < R / 2; ++c) {
                        // NTK-aware: the longest wave is ntk times as long, the shortest as it was.
                        const double rate = std::pow(500.0, -2.0 * double(c) / double(R)) *
                                            std::pow(ntk, -double(c) / double(R / 2 - 1));
                        const double angle = places[i] / stretch * rate;
                        const double a = X(i, h * D + c), b = X(i, h * D + c + R / 2);
                        wanted(i, h * D + c)         = a * std::cos(angle) - b * std::sin(angle);
                        wanted(i, h * D + c + R / 2) = b * std::cos(angle) + a * std::sin(angle);
                    }
            rope(lane, x.view(), places, int(heads), rotation);
            CHECK(units(x, wanted) < 4);
            rope_backward(lane, x.view(), places, int(heads), rotation);
            CHECK(units(x, X) < 8);
            CHECK(x.intact());
        }
}

TEST_CASE("waves of a place are added, and differ from place to place") {
    cpu::Lane<float> lane;
    const int        places[] = {0, 3, 3, 999, 17};
    for (const Index C : {2, 10, 16, 34}) {
        Framed<>    y(rows, C, 1);
        const Array before = exact(y);
        Array       wanted = before;
        for (Index i = 0; i < rows; ++i)
            for (Index c = 0; c < C / 2; ++c) {
                const double angle = places[i] * std::pow(1e4, -2.0 * double(c) / double(C));
                wanted(i, c) += 0.5 * std::cos(angle), wanted(i, C / 2 + c) += 0.5 * std::sin(angle);
            }
        add_sinusoids(lane, y.view(), places, 1e4, 0.5f);
        CHECK(units(y, wanted) < 4);
        CHECK(y.intact());
        const Array added = exact(y) - before;
        CHECK(units(Array(added.row(1)), added.row(2)) < 4);
        CHECK(units(Array(added.row(1)), added.row(4)) > 1000);
    }
}
