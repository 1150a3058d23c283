// The product kernel against Eigen, at sizes of one, odd, aligned, and beyond every block.

#include <doctest/doctest.h>

#include <Eigen/Core>

#include "rung/backend/cpu/cpu.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {

template <class Real>
using Reference = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Real>
Reference<Real> eigen(Mat<Real const> m) {
    return Eigen::Map<Reference<Real> const, 0, Eigen::OuterStride<>>(m.data, m.rows, m.cols,
                                                                      Eigen::OuterStride<>(m.stride));
}
template <class Real>
double gap(Mat<Real const> y, Reference<Real> const& wanted) {
    return double((eigen<Real>(y) - wanted).cwiseAbs().maxCoeff() /
                  std::max<Real>(1, wanted.cwiseAbs().maxCoeff()));
}

struct Size {
    Index n, k, m;
};
constexpr Size sizes[] = {{1, 1, 1},      {1, 64, 48},   {7, 3, 5},    {13, 17, 33},
                          {64, 128, 384}, {65, 300, 50}, {2, 513, 16}, {5, 0, 4}};

}  // namespace

TEST_CASE_TEMPLATE("every product agrees with Eigen at every size", Real, float, double) {
    const double    tolerance = std::is_same_v<Real, float> ? 2e-6 : 1e-14;
    cpu::Lane<Real> lane;
    for (const auto [n, k, m] : sizes) {
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(m);
        Random<Real> x(n, k, 1), w(k, m, 2), bias(1, m, 3), dy(n, m, 4), y(n, m, 5), dx(n, k, 6), dw(k, m, 7);
        const auto   X = eigen<Real>(x), W = eigen<Real>(w), B = eigen<Real>(bias), D = eigen<Real>(dy),
                   Y = eigen<Real>(y), DX = eigen<Real>(dx), DW = eigen<Real>(dw);
        const Reference<Real> XW = X * W, XWB = XW.rowwise() + B.row(0);
        add_matmul(lane, y.view(), x, w, bias);
        CHECK(gap<Real>(y, Y + XWB) < tolerance);
        matmul(lane, y.view(), x, w, bias);
        CHECK(gap<Real>(y, XWB) < tolerance);
        matmul(lane, y.view(), x, w);
        CHECK(gap<Real>(y, XW) < tolerance);
        if (k == 0) continue;
        add_matmul_tn(lane, dw.view(), x, dy);
        CHECK(gap<Real>(dw, DW + X.transpose() * D) < tolerance);
        matmul_nt(lane, dx.view(), dy, w);
        CHECK(gap<Real>(dx, D * W.transpose()) < tolerance);
        add_column_sums(lane, bias.view(), dy);
        CHECK(gap<Real>(bias, B + Reference<Real>(D.colwise().sum())) < tolerance);
    }
}

TEST_CASE("products read and write inside wider matrices and leave their neighbours alone") {
    cpu::Lane<float> lane;
    Random<float>    x(9, 40, 1), w(10, 60, 2), y(9, 50, 3), before(9, 50, 3);
    matmul(lane, y.view().columns(20, 17), x.view().columns(5, 10), w.view().columns(30, 17));
    for (Index i = 0; i < 9; ++i)
        for (Index j = 0; j < 50; ++j)
            if (j < 20 || j >= 37) CHECK(y.view()(i, j) == before.view()(i, j));
    const Reference<float> wanted =
        eigen<float>(x.view().columns(5, 10)) * eigen<float>(w.view().columns(30, 17));
    CHECK(gap<float>(y.view().columns(20, 17), wanted) < 2e-6);
}

TEST_CASE("a row of a product has the same bits alone and in any batch") {
    cpu::Lane<float> lane;
    Random<float>    x(70, 300, 1), w(300, 45, 2), all(70, 45, 3), one(1, 45, 4);
    matmul(lane, all.view(), x, w);
    for (const Index row : {0, 5, 6, 41, 69}) {
        matmul(lane, one.view(), x.view().slice(row, 1), w);
        for (Index j = 0; j < 45; ++j) CHECK(one.view()(0, j) == all.view()(row, j));
    }
}
