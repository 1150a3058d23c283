#pragma once
// Activations, alone and as gates. Each leaves in its input the slopes that its backward pass multiplies by.

#include "rung/backend/activation.hpp"
#include "rung/backend/cpu/linear.hpp"
#include "rung/backend/cpu/rows.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {

/// An activation of a vector: its value, and its slope for who wants it.
template <Activation, class Real>
struct Activated;

template <class Real>
struct Activated<Activation::gelu, Real> {
    using Vector = typename Simd<Real>::Vector;
    Vector near, square, s, value;

    /// x sigmoid(2 u); beyond 30 either way nothing changes, but squares would overflow.
    [[gnu::always_inline]] explicit Activated(Vector const& x) {
        constexpr Real cubic = Real(0.044715), rate = Real(-1.5957691216057308 * log2_e);
        auto           above = Vector{} - Real(30);
        near                 = Vector{} + Real(30);
        Simd<Real>::keep_larger(above, x), Simd<Real>::keep_smaller(near, above);
        square = near * near * cubic;
        auto e = (near * rate) * (square + Real(1));
        power_of_two<Real>(e);
        s     = Real(1) / (e + Real(1));
        value = above * s;
    }
    [[gnu::always_inline]] Vector slope() const {
        return s + near * s * (Real(1) - s) * (square * Real(3) + Real(1)) * Real(1.5957691216057308);
    }
};

template <class Real>
struct Activated<Activation::silu, Real> {
    using Vector = typename Simd<Real>::Vector;
    Vector s, value;

    [[gnu::always_inline]] explicit Activated(Vector const& x) {
        auto above = Vector{} - Real(88);  // e^-88 is next to nothing, times anything below it is not
        Simd<Real>::keep_larger(above, x);
        auto e = above * Real(-log2_e);
        power_of_two<Real>(e);
        s     = Real(1) / (e + Real(1));
        value = above * s;
    }
    [[gnu::always_inline]] Vector slope() const { return s + value * (Real(1) - s); }
};

template <class Real>
struct Activated<Activation::relu, Real> {
    using Vector = typename Simd<Real>::Vector;
    Vector value;

    [[gnu::always_inline]] explicit Activated(Vector const& x) {
        value = Vector{};
        Simd<Real>::keep_larger(value, x);
    }
    [[gnu::always_inline]] Vector slope() const { return value > Vector{} ? Vector{} + Real(1) : Vector{}; }
};

template <class Real>
struct Activated<Activation::relu_squared, Real> {
    using Vector = typename Simd<Real>::Vector;
    Vector above, value;

    [[gnu::always_inline]] explicit Activated(Vector const& x) {
        above = Vector{};
        Simd<Real>::keep_larger(above, x);
        value = above * above;
    }
    [[gnu::always_inline]] Vector slope() const { return above + above; }
};

}  // namespace detail

/// y = A(x). x becomes A'(x), all that the backward pass needs of it, if that is kept.
template <Activation A, class P, class Real>
void activate(Lane<P>&, Mat<Real> y, Mat<Real> x, Keep keep = Keep::slopes) {
    for (Index i = 0; i < y.rows; ++i) {
        Real *from = x.row(i), *to = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            const detail::Activated<A, Real> of(at.load(from + j));
            at.store(to + j, of.value);
            if (keep == Keep::slopes) at.store(from + j, of.slope());
        });
    }
}

namespace detail {
template <class Real>
void multiply_each(Mat<Real> y, CMat<Real> a, CMat<Real> b) {
    for (Index i = 0; i < y.rows; ++i)
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            at.store(y.row(i) + j, at.load(a.row(i) + j) * at.load(b.row(i) + j));
        });
}
}  // namespace detail

/// dx = dy times the slopes that activate left; dbias (or nothing) += column sums of it. dx may be either.
template <Activation, class P, class Real>
void activate_backward(Lane<P>& lane, Mat<Real> dx, CMat<Real> dy, CMat<Real> slopes, Mat<Real> dbias = {}) {
    detail::multiply_each(dx, dy, slopes);
    add_column_sums(lane, dbias, dx);
}

/// y = A(h) of h = x w + bias (or none), and what activate leaves in h.  y, h (N, H), x (N, C), w (C, H).
template <Activation A, class P, class Real>
void matmul_activate(Lane<P>& lane, Mat<Real> y, Mat<Real> h, CMat<Real> x, CPacked<Real> w, CMat<Real> bias,
                     Keep keep = Keep::slopes) {
    matmul(lane, h, x, w, bias);
    activate<A>(lane, y, h, keep);
}
/// dh from dy (N, C), the gradient of y = A(h) w, and what matmul_activate left in h; dbias (or nothing) += column sums
/// of it.  dh, h (N, H), w (H, C).
template <Activation A, class P, class Real>
void matmul_nt_activate_backward(Lane<P>& lane, Mat<Real> dh, CMat<Real> dy, CPacked<Real> w,
                                 CMat<Real> slopes, Mat<Real> dbias) {
    matmul_nt(lane, dh, dy, w);
    activate_backward<A>(lane, dh, dh, slopes, dbias);
}

/// y = A(gate) up (Shazeer, "GLU variants improve transformer", 2020).  y (N, H), x = [gate | up] (N, 2 H).
/// x becomes [up A'(gate) | A(gate)], the slopes that the backward pass needs, if they are kept.
template <Activation A, class P, class Real>
void activate_gate(Lane<P>&, Mat<Real> y, Mat<Real> x, Keep keep = Keep::slopes) {
    for (Index i = 0; i < y.rows; ++i) {
        Real *gate = x.row(i), *up = gate + y.cols, *to = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            const detail::Activated<A, Real> of(at.load(gate + j));
            const auto                       u = at.load(up + j);
            at.store(to + j, of.value * u);
            if (keep == Keep::nothing) return;
            at.store(gate + j, u * of.slope());
            at.store(up + j, of.value);
        });
    }
}

/// dx (N, 2 H) from dy (N, H) and the slopes that activate_gate left. dx may be these.
template <Activation, class P, class Real>
void activate_gate_backward(Lane<P>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> slopes) {
    const Index H = dy.cols;
    for (Index i = 0; i < dy.rows; ++i)
        for_vectors<Real>(H, [&](auto at, Index j) {
            const auto d = at.load(dy.row(i) + j);
            at.store(dx.row(i) + j, d * at.load(slopes.row(i) + j));
            at.store(dx.row(i) + H + j, d * at.load(slopes.row(i) + H + j));
        });
}

/// y = cap tanh(x / cap). x becomes the slopes, if they are kept; else y may be x.
template <class P, class Real>
void soft_cap(Lane<P>&, Mat<Real> y, Mat<Real> x, double cap, Keep keep = Keep::slopes) {
    using Vector    = typename Simd<Real>::Vector;
    const Real most = Real(cap), rate = Real(-2 * log2_e / cap);
    for (Index i = 0; i < y.rows; ++i) {
        Real *from = x.row(i), *to = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            // tanh u = (1 - e) / (1 + e) with e = exp(-2 u), which is kept from overflowing.
            auto above = Vector{} - Real(126), e = Vector{} + Real(126);
            Simd<Real>::keep_larger(above, at.load(from + j) * rate), Simd<Real>::keep_smaller(e, above);
            power_of_two<Real>(e);
            const auto share = Real(1) / (e + Real(1));
            at.store(to + j, (Real(1) - e) * share * most);
            if (keep == Keep::slopes) at.store(from + j, (e * share) * (share * Real(4)));
        });
    }
}

/// dx = dy times the slopes that soft_cap left. dx may be either.
template <class P, class Real>
void soft_cap_backward(Lane<P>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> slopes, double) {
    detail::multiply_each(dx, dy, slopes);
}

}  // namespace rung::cpu::inline RUNG_ISA
