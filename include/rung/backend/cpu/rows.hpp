#pragma once
// The few loops over a row that a compiler cannot vectorise by itself, through Eigen: reductions, whose order of summing
// it must keep, and exp. Everything else element by element is a plain loop. Eigen's exp errs by less than 2 units in
// the last place.

#include <Eigen/Core>

#include "rung/backend/cpu/context.hpp"

namespace rung::cpu {

/// n values as an Eigen array.
template <class Real>
auto array(Real* data, Index n) {
    using Array = Eigen::Array<std::remove_const_t<Real>, Eigen::Dynamic, 1>;
    return Eigen::Map<std::conditional_t<std::is_const_v<Real>, Array const, Array>>(data, n);
}

template <class Real>
[[gnu::noinline]] Real sum(Real const* x, Index n) {
    return array(x, n).sum();
}
template <class Real>
[[gnu::noinline]] Real dot(Real const* x, Real const* y, Index n) {
    return (array(x, n) * array(y, n)).sum();
}
template <class Real>
[[gnu::noinline]] Real largest(Real const* x, Index n) {
    return array(x, n).maxCoeff();
}
/// y = exp(scale (x - shift)); y may be x.
template <class Real>
[[gnu::noinline]] void exponential(Real* y, Real const* x, std::type_identity_t<Real> scale,
                                   std::type_identity_t<Real> shift, Index n) {
    array(y, n) = ((array(x, n) - shift) * scale).exp();
}

/// Calls work(first, count) for consecutive stretches of n values that fit temporaries on the stack.
inline constexpr Index stretch = 256;
template <class Work>
void for_stretches(Index n, Work&& work) {
    for (Index first = 0; first < n; first += stretch) work(first, std::min(stretch, n - first));
}

}  // namespace rung::cpu
