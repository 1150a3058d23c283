#pragma once
// What loops ask for between their passes.

#include "rung/backend/cuda/body/loop.hpp"
#include "rung/backend/cuda/placed.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// y += row.  y (N, C), row (1, C), of the weights.
template <class T>
void add_row(Lane<T>& lane, Mat<T> y, Mat<float const> row) {
    lane.queue.launch(y.size(), AddRow<T>{detail::whole(y, "add_row"), lane.factor(row.data), int(y.cols)});
}

/// y = g x + (1 - g) z with g = sigmoid(h), which is left in h. All (N, C).
template <class T>
void mix(Lane<T>& lane, Mat<T> y, Mat<T> h, CMat<T> x, CMat<T> z) {
    const Mix<T> body{detail::whole(y, "mix"), detail::whole(h, "mix"), detail::whole(x, "mix"),
                      detail::whole(z, "mix"), detail::count_of(y, "mix")};
    lane.queue.launch(body.items(), body);
}

/// dh, and what mix leaves of dy for x, in place; dz += the rest. g as mix left it in h.
template <class T>
void mix_backward(Lane<T>& lane, Mat<T> dh, Mat<T> dz, Mat<T> dy, CMat<T> g, CMat<T> x, CMat<T> z) {
    const MixBackward<T> body{detail::whole(dh, "mix_backward"),   detail::whole(dz, "mix_backward"),
                              detail::whole(dy, "mix_backward"),   detail::whole(g, "mix_backward"),
                              detail::whole(x, "mix_backward"),    detail::whole(z, "mix_backward"),
                              detail::count_of(dy, "mix_backward")};
    lane.queue.launch(body.items(), body);
}

/// y[i] = N(0, deviation), the same for rows of the same id, or without ids each row's own: the CPU's numbers.
template <class T>
void fill_normal(Lane<T>& lane, Mat<T> y, double deviation, Dropout const& name, int const* ids,
                 Index first_row) {
    const FillNormal<T> body{detail::whole(y, "fill_normal"), ids, int(y.cols), float(deviation),
                             lane.upload(DropoutName{name.seed, first_row, name.step, ids ? 0u : 1u})};
    lane.queue.launch(y.rows * body.groups(), body);
}

/// Keys and values of new tokens, in a cache as they are in another.
template <class T>
void carry(Lane<T>& lane, CacheLayer<T> to, CacheLayer<T> from, Sequences const& rows, CachePlaces) {
    auto const&    plan = plan_of(rows);
    const Carry<T> body{from.rows.data,  to.rows.data,        plan.slots,        plan.places,
                        int(from.heads), int(from.rows.cols), int(from.capacity)};
    lane.queue.launch(body.items(rows.rows()), body);
}

}  // namespace rung::cuda
