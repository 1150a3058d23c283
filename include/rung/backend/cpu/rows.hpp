#pragma once
// The few loops over a row that a compiler cannot vectorise by itself: reductions, whose order of summing it must
// keep, and exp. None depends on where a row lies in memory, so a row's bits are the same in any batch.

#include <Eigen/Core>

#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/simd.hpp"

namespace rung::cpu {

namespace detail {

/// The sum of term(i) over i < n; terms(v, i) is as many of them as a vector holds.
template <class Real, class Terms, class Term>
Real reduce(Index n, Terms&& terms, Term&& term) {
    using S                  = Simd<Real>;
    typename S::Vector total = {}, v;
    Index              i     = 0;
    for (; i + S::width <= n; i += S::width) terms(v, i), total += v;
    Real sum = 0;
    for (int k = 0; k < S::width; ++k) sum += total[k];
    for (; i < n; ++i) sum += term(i);
    return sum;
}

}  // namespace detail

template <class Real>
[[gnu::noinline]] Real sum(Real const* x, Index n) {
    return detail::reduce<Real>(
        n, [&](auto& v, Index i) { Simd<Real>::load(v, x + i); }, [&](Index i) { return x[i]; });
}
template <class Real>
[[gnu::noinline]] Real dot(Real const* x, Real const* y, Index n) {
    typename Simd<Real>::Vector w;
    return detail::reduce<Real>(
        n, [&](auto& v, Index i) { Simd<Real>::load(v, x + i), Simd<Real>::load(w, y + i), v *= w; },
        [&](Index i) { return x[i] * y[i]; });
}
template <class Real>
Real largest(Real const* x, Index n) {
    Real top = x[0];
    for (Index i = 1; i < n; ++i) top = x[i] > top ? x[i] : top;
    return top;
}

/// y = exp(scale (x - shift)); y may be x. Through Eigen's vectorised exp, which errs by less than 2 units in the
/// last place, in blocks of fixed size: Eigen would treat the ends of a row by its address.
template <class Real>
[[gnu::noinline]] void exponential(Real* y, Real const* x, std::type_identity_t<Real> scale,
                                   std::type_identity_t<Real> shift, Index n) {
    constexpr Index             size = 16;
    Eigen::Array<Real, size, 1> block;
    for (Index i = 0; i < n; i += size) {
        const Index count = std::min(size, n - i);
        if (count < size) block.setZero();
        std::copy_n(x + i, count, block.data());
        block = ((block - shift) * scale).exp();
        std::copy_n(block.data(), count, y + i);
    }
}

/// Calls work(first, count) for consecutive stretches of n values that fit temporaries on the stack.
inline constexpr Index stretch = 256;
template <class Work>
void for_stretches(Index n, Work&& work) {
    for (Index first = 0; first < n; first += stretch) work(first, std::min(stretch, n - first));
}

}  // namespace rung::cpu
