#pragma once
// Loops over a row, a vector at a time. The last, partial vector is padded with zeros and its surplus never written.

#include <algorithm>

#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/exponential.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// How a loop reads and writes a vector: all of it, or the `count` values that a row's end leaves.
template <class Real>
struct Whole {
    using Vector = typename Simd<Real>::Vector;
    static Vector load(Real const* p) {
        Vector v;
        Simd<Real>::load(v, p);
        return v;
    }
    static void store(Real* p, Vector const& v) { Simd<Real>::store(p, v); }
};
template <class Real>
struct Rest {
    using Vector = typename Simd<Real>::Vector;
    Index  count;
    Vector load(Real const* p) const {
        Vector v;
        Simd<Real>::load_first(v, p, count);
        return v;
    }
    void store(Real* p, Vector const& v) const { Simd<Real>::store_first(p, v, count); }
};

/// body(at, i) for i = 0, width, 2 width ... below n; `at` loads and stores.
template <class Real, class Body>
[[gnu::always_inline]] inline void for_vectors(Index n, Body&& body) {
    Index i = 0;
    for (; i + Simd<Real>::width <= n; i += Simd<Real>::width) body(Whole<Real>{}, i);
    if (i < n) body(Rest<Real>{n - i}, i);
}

/// to += from
template <class Real>
void add_to(Real* to, Real const* from, Index n) {
    for_vectors<Real>(n, [&](auto at, Index i) { at.store(to + i, at.load(to + i) + at.load(from + i)); });
}

template <class Real>
Real dot(Real const* x, Real const* y, Index n) {
    typename Simd<Real>::Vector total = {};
    for_vectors<Real>(n, [&](auto at, Index i) { total += at.load(x + i) * at.load(y + i); });
    return Simd<Real>::sum(total);
}

template <class Real>
Real largest(Real const* x, Index n) {
    using S                = Simd<Real>;
    typename S::Vector top = typename S::Vector{} + x[0];
    Index              i   = 0;
    for (typename S::Vector v; i + S::width <= n; i += S::width) {
        S::load(v, x + i);
        top = v > top ? v : top;
    }
    Real best = S::largest(top);
    for (; i < n; ++i) best = x[i] > best ? x[i] : best;
    return best;
}

/// y = exp(x - shift), and the sum of it. y may be x.
template <class Real>
Real exponential_row(Real* y, Real const* x, Real shift, Index n) {
    using S                  = Simd<Real>;
    const Real         scale = Real(log2_e);
    typename S::Vector total = {}, v;
    Index              i     = 0;
    for (; i + S::width <= n; i += S::width) {
        S::load(v, x + i);
        v = (v - shift) * scale;
        power_of_two<Real>(v);
        S::store(y + i, v);
        total += v;
    }
    if (i < n) {
        S::load_first(v, x + i, n - i);
        v = (v - shift) * scale;
        power_of_two<Real>(v);
        S::store_first(y + i, v, n - i);
        S::load_first(v, y + i, n - i);  // without the surplus
        total += v;
    }
    return S::sum(total);
}

namespace detail {
/// A row of zeros as long as y's, in the lane's scratch memory.
template <class P, class Real>
Real const* zeros(Lane<P>& lane, Mat<Real> y) {
    Real* row = lane.arena.template take<Real>(1, y.cols).data;
    std::fill_n(row, y.cols, Real(0));
    return row;
}
}  // namespace detail

}  // namespace rung::cpu::inline RUNG_ISA
