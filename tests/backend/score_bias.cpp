// Tables of biases from the weights of positional schemes: the CPU's against the formula and finite differences, and
// the GPU's bodies against the CPU.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/backend/cuda/body/score_bias.hpp"
#include "support/bodies.hpp"

using namespace rung_test;

namespace {

constexpr Index     heads = 3;
constexpr Mask      masks[]{Mask::causal, Mask::none};
constexpr FireUnits fire_units{.rate = 0.1f, .threshold = 8};

/// FIRE's weights in one array, in the order in which a model has them.
template <class T>
FireNet<T> net_in(T* at, Index W) {
    const Mat<T> scales(at, 1, 2), in(at + 2, 1, W), bias(at + 2 + W, 1, W), out(at + 2 + 2 * W, W, heads);
    return {scales, in, bias, out};
}
constexpr Index net_size(Index W) { return 2 + 2 * W + W * heads; }

template <class T>
cuda::FireAt<T> as_body(FireNet<T> const& net) {
    return {net.scales.data, net.in.data, net.in_bias.data, net.out.data, int(net.in.cols), int(heads)};
}

template <class Real>
Random<Real> net_weights(Index W) {
    Random<Real> w(1, net_size(W), 3);
    w.data[0] = Real(2), w.data[1] = Real(0.66);  // with these fire_units a threshold of about five places
    return w;
}

/// Sum of the table under random weights, and its gradient.
struct Weighted {
    Random<> table, weights;
    Weighted(Index entries) : table(entries, heads, 1), weights(entries, heads, 2) {}
    double sum() const {
        double all = 0;
        for (Index i = 0; i < table.data.size(); ++i) all += table.data[i] * weights.data[i];
        return all;
    }
};

std::vector<float> as_vector(Random<float> const& m) { return {m.data.begin(), m.data.end()}; }

}  // namespace

TEST_CASE("combined features are a product, and its gradient") {
    cpu::Lane<double> lane;
    Random<>          features(17, 5, 3), w(5, heads, 4);
    Weighted          of(17);
    auto              dw   = zeros(5, heads);
    const auto        loss = [&] { return combine(lane, of.table.view(), features, w), of.sum(); };
    loss();
    for (Index e = 0; e < 17; ++e) {
        double sum = 0;
        for (Index f = 0; f < 5; ++f) sum += features.view()(e, f) * w.view()(f, 2);
        CHECK(of.table.view()(e, 2) == doctest::Approx(sum));
    }
    add_combine_backward(lane, dw.view(), of.weights, features);
    CHECK(gradient_gap(w, dw, loss) < 1e-8);
}

TEST_CASE("KERPLE: the formula, on both sides of the query, and its gradient") {
    cpu::Lane<double> lane;
    for (const Mask mask : masks) {
        const Index reach = 12, entries = entries_of(BiasBy::distance, mask, reach);
        Random<>    w(2, heads, 4);
        Weighted    of(entries);
        auto        dw   = zeros(2, heads);
        const auto  loss = [&] { return kerple(lane, of.table.view(), w, reach), of.sum(); };
        loss();
        const auto at = [&](Index p, Index q) {
            return of.table.view()(entry_base(BiasBy::distance, reach, p) + q, 1);
        };
        CHECK(at(7, 3) ==
              doctest::Approx(-std::exp(w.view()(0, 1)) * std::log(1 + std::exp(w.view()(1, 1)) * 4)));
        if (mask == Mask::none) CHECK(at(3, 7) == at(7, 3));
        add_kerple_backward(lane, dw.view(), of.weights, w, reach);
        CHECK(gradient_gap(w, dw, loss) < 1e-8);
    }
}

TEST_CASE("FIRE: the formula, and its gradient to every weight") {
    cpu::Lane<double> lane;
    for (const Mask mask : masks)
        for (const Index W : {1, 5, 32}) {
            const Index reach = 11;
            auto        w = net_weights<double>(W), dw = zeros(1, net_size(W));
            const auto  net = net_in<double const>(w.data.data(), W);
            Weighted    of(reach * reach);
            const auto  loss = [&] {
                return fire(lane, of.table.view(), net, fire_units, reach, mask), of.sum();
            };
            loss();
            for (auto const& [p, q] : {std::pair<Index, Index>{9, 2}, {3, 1}, {4, 4}}) {
                const double c = w.data[0] * double(fire_units.rate),
                             L = w.data[1] * double(fire_units.threshold);
                const double x =
                    std::log(c * double(p - q) + 1) / (std::log(c * std::max(L, double(p)) + 1) + 1e-6);
                double y = 0;
                for (Index k = 0; k < W; ++k)
                    y += std::max(0.0, x * net.in(0, k) + net.in_bias(0, k)) * net.out(k, 1);
                CHECK(of.table.view()(p * reach + q, 1) == doctest::Approx(y));
            }
            if (mask == Mask::causal) CHECK(of.table.view()(2 * reach + 3, 0) == 0);
            add_fire_backward(lane, net_in(dw.data.data(), W), of.weights, net, fire_units, reach, mask);
            CHECK(gradient_gap(w, dw, loss, net_size(W)) < 1e-7);
        }
}

TEST_CASE("bodies: tables of biases and their gradients") {
    cpu::Lane<float> lane;
    const int        H = int(heads), reach = 13, W = 7;
    for (const By by : every_way)
        for (const Mask mask : masks) {
            const int entries = int(entries_of(BiasBy::distance, mask, reach)), pairs = reach * reach;
            const Random<float> features(entries, 5, 3), w(5, H, 4), rates(2, H, 5), d(entries, H, 6),
                dp(pairs, H, 7);
            Random<float> table(entries, H, 0), dw(5, H, 8), drates(2, H, 9), square(pairs, H, 0);
            auto          got = as_vector(table), got_dw = as_vector(dw), got_drates = as_vector(drates);
            combine(lane, table.view(), features, w);
            add_combine_backward(lane, dw.view(), d, features);
            for (Index i = 0; i < entries * H; ++i)
                cuda::Combine{features.data.data(), w.data.data(), got.data(), 5, H}(i);
            CHECK(apart(got, table) < 2e-6);
            run(by, 5 * H,
                cuda::CombineBackward{features.data.data(), d.data.data(), got_dw.data(), entries, 5, H});
            CHECK(apart(got_dw, dw) < 4e-6);

            kerple(lane, table.view(), rates, reach);
            add_kerple_backward(lane, drates.view(), d, rates, reach);
            for (Index i = 0; i < entries * H; ++i) cuda::Kerple{rates.data.data(), got.data(), H, reach}(i);
            CHECK(apart(got, table) < 2e-6);
            run(by, H,
                cuda::KerpleBackward{rates.data.data(), d.data.data(), got_drates.data(), entries, H, reach});
            CHECK(apart(got_drates, drates) < 4e-6);

            const auto    weights = net_weights<float>(W);
            Random<float> dnet(1, net_size(W), 10);
            auto          got_dnet = as_vector(dnet), got_square = as_vector(square);
            const auto    net = net_in<float const>(weights.data.data(), W);
            fire(lane, square.view(), net, fire_units, reach, mask);
            add_fire_backward(lane, net_in(dnet.data.data(), W), dp, net, fire_units, reach, mask);
            for (Index i = 0; i < pairs * H; ++i)
                cuda::Fire{as_body(net), got_square.data(), fire_units, reach, mask}(i);
            CHECK(apart(got_square, square) < 4e-6);
            std::vector<float>   sums(std::size_t(W * H * 4), NAN);
            const cuda::FireSums body{as_body(net), dp.data.data(), sums.data(), fire_units, reach, mask};
            if (by == By::one_lane) run_serial(body.items(), body);
            else
                run_emulated<FiberBlock<8>>(body.items(), body,
                                            by == By::warp ? Order::ascending : Order::descending);
            for (Index i = 0; i <= W; ++i)
                cuda::FireBackward{as_body(net), as_body(net_in(got_dnet.data(), W)), sums.data()}(i);
            CHECK(apart(got_dnet, dnet) < 2e-5);
        }
}
