#pragma once
// Element by element: copies, activations and dropout.

#include "rung/backend/cpu/random.hpp"
#include "rung/backend/cpu/rows.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

template <class P, class Real>
void fill(Lane<P>&, Mat<Real> y, std::type_identity_t<Real> value) {
    for (Index i = 0; i < y.rows; ++i) std::fill_n(y.row(i), y.cols, value);
}

/// y = x
template <class P, class Real>
void copy(Lane<P>&, Mat<Real> y, CMat<Real> x) {
    for (Index i = 0; i < y.rows; ++i) std::copy_n(x.row(i), y.cols, y.row(i));
}

/// y += x
template <class P, class Real>
void add(Lane<P>&, Mat<Real> y, CMat<Real> x) {
    for (Index i = 0; i < y.rows; ++i) add_to(y.row(i), x.row(i), y.cols);
}

/// y = gelu(x) in the tanh form of GPT-2 (Hendrycks and Gimpel, 2016): x / 2 (1 + tanh u) = x sigmoid(2 u) with
/// u = sqrt(2 / pi) (x + 0.044715 x^3). x becomes gelu'(x), all that the backward pass needs of it, if that is kept.
template <class P, class Real>
void gelu(Lane<P>&, Mat<Real> y, Mat<Real> x, Keep keep = Keep::slopes) {
    using Vector         = typename Simd<Real>::Vector;
    constexpr Real slope = Real(1.5957691216057308), cubic = Real(0.044715),
                   rate = Real(-1.5957691216057308 * log2_e);
    for (Index i = 0; i < y.rows; ++i) {
        Real *from = x.row(i), *to = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            // Beyond 30 either way nothing changes, but squares would overflow.
            auto above = Vector{} - Real(30), near = Vector{} + Real(30);
            Simd<Real>::keep_larger(above, at.load(from + j)), Simd<Real>::keep_smaller(near, above);
            const auto square = near * near * cubic;
            auto       e      = (near * rate) * (square + Real(1));
            power_of_two<Real>(e);
            const auto s = Real(1) / (e + Real(1));
            at.store(to + j, above * s);
            if (keep == Keep::slopes)
                at.store(from + j, s + near * s * (Real(1) - s) * (square * Real(3) + Real(1)) * slope);
        });
    }
}

/// dx = dy gelu'(x), from what gelu left in x. dx may be dy or x.
template <class P, class Real>
void gelu_backward(Lane<P>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    for (Index i = 0; i < dx.rows; ++i)
        for_vectors<Real>(dx.cols, [&](auto at, Index j) {
            at.store(dx.row(i) + j, at.load(dy.row(i) + j) * at.load(x.row(i) + j));
        });
}

/// y = silu(gate) up (Shazeer, "GLU variants improve transformer", 2020).  y (N, H), x = [gate | up] (N, 2 H).
/// x becomes [up silu'(gate) | silu(gate)], the slopes that the backward pass needs, if they are kept.
template <class P, class Real>
void swiglu(Lane<P>&, Mat<Real> y, Mat<Real> x, Keep keep = Keep::slopes) {
    for (Index i = 0; i < y.rows; ++i) {
        Real *gate = x.row(i), *up = gate + y.cols, *to = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            auto       g = at.load(gate + j);
            const auto u = at.load(up + j);
            auto       lowest =
                decltype(g){} - Real(88);  // e^-88 is next to nothing, times anything below it is not
            Simd<Real>::keep_larger(lowest, g), g = lowest;
            auto e = g * Real(-log2_e);
            power_of_two<Real>(e);
            const auto s = Real(1) / (e + Real(1)), silu = g * s;
            at.store(to + j, silu * u);
            if (keep == Keep::nothing) return;
            at.store(gate + j, u * (s + silu * (Real(1) - s)));
            at.store(up + j, silu);
        });
    }
}

/// dx (N, 2 H) from dy (N, H) and what swiglu left in x. dx may be x.
template <class P, class Real>
void swiglu_backward(Lane<P>&, Mat<Real> dx, CMat<Real> dy, CMat<Real> x) {
    const Index H = dy.cols;
    for (Index i = 0; i < dy.rows; ++i)
        for_vectors<Real>(H, [&](auto at, Index j) {
            const auto d = at.load(dy.row(i) + j);
            at.store(dx.row(i) + j, d * at.load(x.row(i) + j));
            at.store(dx.row(i) + H + j, d * at.load(x.row(i) + H + j));
        });
}

/// y = dropout(y) in place. The same call on the gradient is the backward pass.
/// @param site  which dropout of the network this is; each makes its own choices
template <class P, class Real>
void dropout(Lane<P>&, Mat<Real> y, Dropout const& drop, std::uint32_t site, Index first_row) {
    if (drop.rate <= 0) return;
    using Blocks    = PhiloxBlocks<>;
    const Real keep = Real(1) / (Real(1) - Real(drop.rate));
    const int  rate = int(std::ceil(double(drop.rate) * 0x1p24));  // of a word's top 24 bits
    for (Index i = 0; i < y.rows; ++i) {
        const auto first = counter_of(Purpose::dropout, drop.step, std::uint32_t(first_row + i), site, 0);
        for (Index j = 0; j < y.cols; j += Blocks::words) {
            std::uint32_t words[Blocks::words];
            Real          factors[Blocks::words];
            Blocks::draw(words, first, key_of(drop.seed), std::uint32_t(j / 4));
            for (int k = 0; k < Blocks::words; ++k) factors[k] = int(words[k] >> 8) < rate ? Real(0) : keep;
            Real* const at_j = y.row(i) + j;
            for_vectors<Real>(std::min<Index>(Blocks::words, y.cols - j), [&](auto at, Index k) {
                at.store(at_j + k, at.load(at_j + k) * at.load(factors + k));
            });
        }
    }
}

}  // namespace rung::cpu::inline RUNG_ISA
