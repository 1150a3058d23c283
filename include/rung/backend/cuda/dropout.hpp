#pragma once
// Dropout, with the choices that the CPU makes.

#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// y = dropout(y) in place. The same call on the gradient is the backward pass.
/// @param site  which dropout of the network this is; each makes its own choices
template <class T>
void dropout(Lane<T>& lane, Mat<T> y, Dropout const& drop, std::uint32_t site, Index first_row) {
    if (drop.rate <= 0) return;
    const Dropped<T> body{detail::whole(y, "dropout"), int(y.cols), drop.rate,
                          lane.upload(DropoutName{drop.seed, first_row, drop.step, site})};
    lane.queue.launch(y.rows * body.groups(), body);
}

}  // namespace rung::cuda
