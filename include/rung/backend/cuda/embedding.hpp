#pragma once
// Rows looked up by id, and the rotation that writes a position into queries and keys.

#include "rung/backend/cuda/body/embedding.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

/// y[i] = table[ids[i]].  y (N, C), table (V, C).
template <class T>
void embed(Lane<T>& lane, Mat<T> y, Packed<float> table, int const* ids) {
    lane.check_ids(ids, y.rows, table.rows, "embed");
    const Embed<T, false> body{lane.factor(table.data), ids, detail::whole(y, "embed"), int(y.cols)};
    lane.queue.launch(body.items(y.rows), body);
}

/// y[i] += table[ids[i]]
template <class T>
void add_embed(Lane<T>& lane, Mat<T> y, Packed<float> table, int const* ids) {
    lane.check_ids(ids, y.rows, table.rows, "add_embed");
    const Embed<T, true> body{lane.factor(table.data), ids, detail::whole(y, "add_embed"), int(y.cols)};
    lane.queue.launch(body.items(y.rows), body);
}

/// dtable[ids[i]] += dy[i]
template <class T>
void add_embed_backward(Lane<T>& lane, Mat<float> dtable, CMat<T> dy, int const* ids) {
    const EmbedBackward<T> body{detail::whole(dy, "embed_backward"), ids, dtable.data, dy.rows, int(dy.cols)};
    lane.queue.launch(dtable.rows * body.groups(), body);
}

/// y[i] = x[ids[i]]
template <class T>
void gather(Lane<T>& lane, Mat<T> y, CMat<T> x, int const* ids) {
    lane.check_ids(ids, y.rows, x.rows, "gather");
    const Embed<T, false> body{detail::whole(x, "gather"), ids, detail::whole(y, "gather"), int(y.cols)};
    lane.queue.launch(body.items(y.rows), body);
}

/// y[ids[i]] += x[i], no id twice.
template <class T>
void add_scatter(Lane<T>& lane, Mat<T> y, CMat<T> x, int const* ids) {
    lane.check_ids(ids, x.rows, y.rows, "add_scatter");
    lane.queue.launch(x.size(), Scatter<T>{.x     = detail::whole(x, "add_scatter"),
                                           .ids   = ids,
                                           .y     = detail::whole(y, "add_scatter"),
                                           .width = int(x.cols)});
}

namespace detail {
template <class T>
void rotate(Lane<T>& lane, Mat<T> x, int const* positions, int heads, Rotation const& rotation, float sign) {
    const Index    D    = x.cols / heads;
    const Rotation all  = rotation.of(D);
    const Index    half = all.channels / 2;
    float const*   trig = lane.rotations(all, lane.largest_id(positions) + 1);
    lane.queue.launch(x.rows * heads * half,
                      Rotate<T>{x.data, positions, trig, int(x.stride), heads, int(D), int(half), sign});
}
}  // namespace detail

/// Turns channels of every head by the angles of the rows' positions, in place; see Rotation.  x (N, heads * D).
template <class T>
void rope(Lane<T>& lane, Mat<T> x, int const* positions, int heads, Rotation const& rotation) {
    detail::rotate(lane, x, positions, heads, rotation, 1);
}
/// Back again, which is the gradient.
template <class T>
void rope_backward(Lane<T>& lane, Mat<T> dx, int const* positions, int heads, Rotation const& rotation) {
    detail::rotate(lane, dx, positions, heads, rotation, -1);
}

/// y[i] += scale [cos | sin] of positions[i] * theta^(-2 c / C).  y (N, C), C even.
template <class T>
void add_sinusoids(Lane<T>& lane, Mat<T> y, int const* positions, double theta, double scale) {
    float const* const waves =
        lane.rotations({.theta = theta, .channels = int(y.cols)}, lane.largest_id(positions) + 1);
    lane.queue.launch(y.size(), AddSinusoids<T>{detail::whole(y, "add_sinusoids"), positions, waves,
                                                int(y.cols), float(scale)});
}

}  // namespace rung::cuda
