#pragma once
// Views as Eigen sees them, for whoever wants to look into weights or logits with it. The one header that needs Eigen.

#include <Eigen/Core>

#include "rung/core/view.hpp"

namespace rung {

/// The same numbers as a row-major Eigen matrix; nothing is copied.
///
///     as_eigen(tape.logits).rowwise().maxCoeff()
template <class T>
auto as_eigen(Mat<T> m) {
    using Real   = std::remove_const_t<T>;
    using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using Seen   = std::conditional_t<std::is_const_v<T>, Matrix const, Matrix>;
    return Eigen::Map<Seen, 0, Eigen::OuterStride<>>(m.data, m.rows, m.cols, Eigen::OuterStride<>(m.stride));
}

}  // namespace rung
