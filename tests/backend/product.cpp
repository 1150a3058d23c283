// Every product against Eigen in double precision, at sizes of one, odd, aligned, and beyond every block. All matrices
// stand in NaN. The products of bf16 are held against the exact product of rounded operands.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/reference.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("bf16", bf16);

namespace {

template <class P>
using Real = typename cpu::Precision<P>::Real;

struct Size {
    Index n, k, m;
};
constexpr Size sizes[] = {{1, 1, 1},     {1, 64, 48},   {7, 3, 5},     {13, 17, 33},  {64, 128, 384},
                          {65, 300, 50}, {2, 513, 16},  {5, 0, 4},     {0, 6, 4},     {97, 257, 31},
                          {3, 1025, 9},  {530, 10, 18}, {40, 195, 20}, {11, 382, 70}, {1030, 5, 17},
                          {6, 32, 32},   {12, 8, 16}};

/// The values that products in precision P multiply.
template <class P>
Matrix operand(Mat<Real<P> const> m) {
    Matrix out = exact(m).matrix();
    if constexpr (std::is_same_v<P, bf16>)
        for (Index i = 0; i < out.size(); ++i) {
            const std::uint32_t bits = std::uint32_t(round_to_bf16(float(out.data()[i]))) << 16;
            float               x;
            std::memcpy(&x, &bits, 4);
            out.data()[i] = double(x);
        }
    return out;
}

/// y = start + a b, and the sum of the magnitudes that went in: what its rounding is measured by.
struct Wanted {
    Matrix value, size;
    Wanted(Matrix const& start, Matrix const& a, Matrix const& b)
        : value(start + a * b), size(start.cwiseAbs() + a.cwiseAbs() * b.cwiseAbs()) {}
};

/// Largest error in units of rounding of the sum of magnitudes. Products are exact in bf16's float, and sums round
/// once or twice a step, so errors grow with the square root of the depth and are bounded by a few of these units.
template <class P>
double error(Mat<Real<P>> y, Wanted const& wanted) {
    double       most = 0;
    const Matrix got  = exact(y).matrix();
    const double unit = double(std::numeric_limits<Real<P>>::epsilon()) / 2;
    for (Index i = 0; i < got.size(); ++i) {
        const double apart = std::abs(got.data()[i] - wanted.value.data()[i]);
        if (!(apart == apart)) return std::numeric_limits<double>::infinity();
        if (apart > 0) most = std::max(most, apart / (wanted.size.data()[i] * unit));
    }
    return most;
}

/// A matrix with its packings, as a trainer makes them.
template <class P>
struct Prepacked {
    Buffer<Real<P>> panels;
    Packed<Real<P>> w;

    explicit Prepacked(Random<Real<P>> const& m)
        : panels(panels_size(m.rows, m.cols) + panels_size(m.cols, m.rows)), w(m) {
        cpu::Context<P>   ctx{{.threads = 2}};
        const PackedPlace place{m.rows, m.cols, 0, 0};
        pack(ctx, panels.data(), m.data.data(), std::span(&place, 1));
        w.panels = panels.data(), w.transposed_panels = panels.data() + place.transposed_panels();
    }
};

template <class T>
bool same_bits(Mat<T> a, Mat<T> b) {
    for (Index i = 0; i < a.rows; ++i)
        if (std::memcmp(a.row(i), b.row(i), std::size_t(a.cols) * sizeof(T)) != 0) return false;
    return true;
}

}  // namespace

TEST_CASE_TEMPLATE("every product is right at every size, reads nothing and writes nothing beside its views",
                   P, float, double, bf16) {
    cpu::Lane<P> lane;
    using R = Real<P>;
    for (auto const& size : sizes) {
        const Index n = size.n, k = size.k, m = size.m;
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(m);
        spoil(lane);
        const Framed<R> x(n, k, 1), w(k, m, 2), bias(1, m, 3), dy(n, m, 4);
        Framed<R>       y(n, m, 5), dx(n, k, 6), dw(k, m, 7);
        const Matrix    X = operand<P>(x), W = operand<P>(w), D = operand<P>(dy), B = exact(bias).matrix();
        const Matrix    Y = exact(y).matrix(), DW = exact(dw).matrix(), every_B = B.replicate(n, 1);
        add_matmul(lane, y.view(), y, x, w, bias);
        CHECK(error<P>(y, {Y + every_B, X, W}) < 8);
        matmul(lane, y.view(), x, w, bias);
        CHECK(error<P>(y, {every_B, X, W}) < 8);
        matmul(lane, y.view(), x, w);
        CHECK(error<P>(y, {Matrix::Zero(n, m), X, W}) < 8);
        const Array before = exact(y);
        add_matmul(lane, y.view(), y, x, w);
        CHECK(error<P>(y, {before.matrix(), X, W}) < 16);
        matmul_nt(lane, dx.view(), dy, w);
        CHECK(error<P>(dx, {Matrix::Zero(n, k), D, W.transpose()}) < 8);
        add_matmul_tn(lane, dw.view(), x, dy);
        CHECK(error<P>(dw, {DW, X.transpose(), D}) < 8);
        CHECK((y.intact() && dx.intact() && dw.intact()));
    }
}

TEST_CASE_TEMPLATE("prepacked weights give the same bits as weights that a product packs by itself", P, float,
                   double, bf16) {
    cpu::Lane<P> lane;
    using R = Real<P>;
    for (auto const& size : sizes) {
        const Index n = size.n, k = size.k, m = size.m;
        if (k == 0 || n == 0) continue;
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(m);
        spoil(lane);
        Random<R>       w(k, m, 2);
        const auto      prepacked = Prepacked<P>(w);
        const Random<R> x(n, k, 1), bias(1, m, 3), dy(n, m, 4);
        Random<R>       plain(n, m, 5), packed(n, m, 5), dx(n, k, 6), dx_packed(n, k, 7);
        add_matmul(lane, plain.view(), plain, x, w, bias);
        matmul_nt(lane, dx.view(), dy, w);
        w.data[0] = w.data[k * m - 1] = R(1e9);  // from here on only the packings know
        add_matmul(lane, packed.view(), packed, x, prepacked.w, bias);
        CHECK(same_bits(plain.view(), packed.view()));
        matmul_nt(lane, dx_packed.view(), dy, prepacked.w);
        CHECK(same_bits(dx.view(), dx_packed.view()));
        w.data[0] = w.data[k * m - 1] = R(0);
        matmul(lane, packed.view(), x, prepacked.w, bias);
        CHECK(exact(packed.view()).isFinite().all());
        CHECK_FALSE(same_bits(plain.view(), packed.view()));  // that was y += x w + bias
    }
}

TEST_CASE_TEMPLATE("a row of a product has the same bits alone and in any batch", P, float, double, bf16) {
    cpu::Lane<P> lane;
    spoil(lane);
    using R = Real<P>;
    const Random<R> x(210, 300, 1), w(300, 45, 2), bias(1, 45, 3), dy(210, 45, 4);
    Random<R>       all(210, 45, 5), dx(210, 300, 6);
    matmul(lane, all.view(), x, w, bias);
    matmul_nt(lane, dx.view(), dy, w);
    for (const Index count : {1, 2, 3, 5, 6, 7, 8, 9, 11, 13, 97})
        for (const Index first : {0, 5, 96, 113}) {
            CAPTURE(count);
            CAPTURE(first);
            Random<R>  some(count, 45, 7), d_some(count, 300, 8);
            const auto rows = [&](Random<R> const& m) { return Mat<R const>(m).slice(first, count); };
            matmul(lane, some.view(), rows(x), w, bias);
            CHECK(same_bits(some.view(), all.view().slice(first, count)));
            matmul_nt(lane, d_some.view(), rows(dy), w);
            CHECK(same_bits(d_some.view(), dx.view().slice(first, count)));
        }
}

TEST_CASE("products of bf16 are not those of floats, but near them") {
    cpu::Lane<bf16>     coarse;
    cpu::Lane<float>    fine;
    const Random<float> x(9, 100, 1), w(100, 20, 2);
    Random<float>       y(9, 20, 3), z(9, 20, 4);
    matmul(coarse, y.view(), x, w);
    matmul(fine, z.view(), x, w);
    const double apart = (exact(y.view()) - exact(z.view())).abs().maxCoeff();
    CHECK(apart > 1e-3);
    CHECK(apart < 0.2);  // 100 products, each off by 2^-8 at most
}
