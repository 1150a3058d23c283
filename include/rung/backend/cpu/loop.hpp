#pragma once
// What loops ask for between their passes.

#include "rung/backend/cpu/pointwise.hpp"
#include "rung/core/cache.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// y += row.  y (N, C), row (1, C).
template <class P, class Real>
void add_row(Lane<P>&, Mat<Real> y, CMat<Real> row) {
    for (Index i = 0; i < y.rows; ++i) add_to(y.row(i), row.data, y.cols);
}

/// y = g x + (1 - g) z with g = sigmoid(h), which is left in h. All (N, C).
template <class P, class Real>
void mix(Lane<P>&, Mat<Real> y, Mat<Real> h, CMat<Real> x, CMat<Real> z) {
    for (Index i = 0; i < y.rows; ++i)
        for_vectors<Real>(y.cols, [&](auto at, Index j) {
            auto       e      = at.load(h.row(i) + j);
            auto       lowest = decltype(e){} - Real(88);  // below it e^-h overflows, and g is nothing
            const auto from   = at.load(z.row(i) + j);
            Simd<Real>::keep_larger(lowest, e);
            e = lowest * Real(-log2_e);
            power_of_two<Real>(e);
            const auto g = Real(1) / (e + Real(1));
            at.store(h.row(i) + j, g);
            at.store(y.row(i) + j, from + g * (at.load(x.row(i) + j) - from));
        });
}

/// dh, and what mix leaves of dy for x, in place; dz += the rest. g as mix left it in h.
template <class P, class Real>
void mix_backward(Lane<P>&, Mat<Real> dh, Mat<Real> dz, Mat<Real> dy, CMat<Real> g, CMat<Real> x,
                  CMat<Real> z) {
    for (Index i = 0; i < dy.rows; ++i)
        for_vectors<Real>(dy.cols, [&](auto at, Index j) {
            const auto d = at.load(dy.row(i) + j), share = at.load(g.row(i) + j);
            at.store(dh.row(i) + j,
                     d * (at.load(x.row(i) + j) - at.load(z.row(i) + j)) * share * (Real(1) - share));
            at.store(dz.row(i) + j, at.load(dz.row(i) + j) + d * (Real(1) - share));
            at.store(dy.row(i) + j, d * share);
        });
}

/// y[i] = N(0, deviation), the same for rows of the same id; without ids every row of the batch has its own. y (N, C).
/// @param name       its seed and step name the random numbers; new in every step
/// @param first_row  rows of the batch before these
template <class P, class Real>
void fill_normal(Lane<P>&, Mat<Real> y, double deviation, Dropout const& name, int const* ids,
                 Index first_row) {
    for (Index i = 0; i < y.rows; ++i) {
        Rng rng(name.seed, Purpose::states, name.step, std::uint32_t(ids ? ids[i] : first_row + i),
                ids ? 0 : 1);
        for (Index j = 0; j < y.cols; ++j) y(i, j) = Real(float(deviation * rng.normal()));
    }
}

/// Keys and values of new tokens, in a cache as they are in another.
template <class P, class Real>
void carry(Lane<P>&, CacheLayer<Real> to, CacheLayer<Real> from, Sequences const& rows, CachePlaces places) {
    for (int b = 0; b < rows.count; ++b)
        for (int h = 0; h < from.heads; ++h) {
            const Index fresh = rows.starts[b + 1] - rows.starts[b], slot = places.slots[b];
            const auto  there = to.of(slot, h).slice(places.past[b], fresh);
            std::copy_n(from.of(slot, h).row(places.past[b]), there.size(), there.data);
        }
}

}  // namespace rung::cpu::inline RUNG_ISA
