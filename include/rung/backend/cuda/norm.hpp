#pragma once
// Norms and their gradients.

#include "rung/backend/cuda/body/norm.hpp"
#include "rung/backend/cuda/linear.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

namespace detail {

inline constexpr Index widest_row = 2048;

/// f of the number of packs per lane that a row of this width takes, a compile-time number.
template <class F>
void by_capacity(Index width, F&& f) {
    const auto fits = [&]<int N>(std::integral_constant<int, N> packs) {
        return width <= 128 * N && (f(packs), true);
    };
    const bool done = fits(std::integral_constant<int, 1>{}) || fits(std::integral_constant<int, 2>{}) ||
                      fits(std::integral_constant<int, 3>{}) || fits(std::integral_constant<int, 4>{}) ||
                      fits(std::integral_constant<int, 6>{}) || fits(std::integral_constant<int, 8>{}) ||
                      fits(std::integral_constant<int, 16>{});
    RUNG_CHECK(done, "cuda: norm: width; got ", width, ", wanted at most ", widest_row);
}

/// The gradients of a norm's weights, from what the gradient of its input is made of meanwhile.
template <class T, class Term, class Rest>
void add_columns_beside(Lane<T>& lane, Index rows, Term const& term, Mat<float> sums, Mat<float> second,
                        Rest&& rest) {
    const auto mark = lane.arena.mark();
    beside(lane, [&] { add_columns(lane, rows, term, sums, second); });
    rest();
    join(lane);
    lane.arena.release(mark);
}

}  // namespace detail

/// y = (x - mean) / deviation * gain + bias.  stats (N, 2): mean, 1 / deviation.  bias may be empty.
template <int C, class T>
void layer_norm(Lane<T>& lane, Mat<T> y, Mat<float> stats, CMat<T> x, Mat<float const> gain,
                Mat<float const> bias) {
    detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
        lane.queue.launch(x.rows, LayerNorm<N, T>{.x     = detail::whole(x, "layer_norm"),
                                                  .y     = detail::whole(y, "layer_norm"),
                                                  .stats = stats.data,
                                                  .gain  = gain.data,
                                                  .bias  = bias.empty() ? nullptr : bias.data,
                                                  .width = int(x.cols)});
    });
}

/// dx += the gradient with respect to x; dgain and dbias (or nothing) likewise.
template <int C, class T>
void add_layer_norm_backward(Lane<T>& lane, Mat<T> dx, Mat<float> dgain, Mat<float> dbias, CMat<T> dy,
                             CMat<T> x, Mat<float const> stats, Mat<float const> gain) {
    if (x.rows == 0) return;
    const GainTerm<T, 2> gains{dy.data, x.data, stats.data, int(x.cols)};
    detail::add_columns_beside(lane, x.rows, gains, dgain, dbias, [&] {
        detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
            lane.queue.launch(x.rows, LayerNormBackward<N, T>{.dy    = detail::whole(dy, "layer_norm"),
                                                              .x     = detail::whole(x, "layer_norm"),
                                                              .dx    = detail::whole(dx, "layer_norm"),
                                                              .stats = stats.data,
                                                              .gain  = gain.data,
                                                              .width = int(x.cols)});
        });
    });
}

/// y = x / rms(x) * gain.  stats (N, 1): 1 / rms.
template <int C, class T>
void rms_norm(Lane<T>& lane, Mat<T> y, Mat<float> stats, CMat<T> x, Mat<float const> gain) {
    detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
        lane.queue.launch(x.rows, RmsNorm<N, T>{.x     = detail::whole(x, "rms_norm"),
                                                .y     = detail::whole(y, "rms_norm"),
                                                .stats = stats.data,
                                                .gain  = gain.data,
                                                .width = int(x.cols)});
    });
}

template <int C, class T>
void add_rms_norm_backward(Lane<T>& lane, Mat<T> dx, Mat<float> dgain, CMat<T> dy, CMat<T> x,
                           Mat<float const> stats, Mat<float const> gain) {
    if (x.rows == 0) return;
    const GainTerm<T, 1> gains{dy.data, x.data, stats.data, int(x.cols)};
    detail::add_columns_beside(lane, x.rows, gains, dgain, Mat<float>(), [&] {
        detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
            lane.queue.launch(x.rows, RmsNormBackward<N, T>{.dy    = detail::whole(dy, "rms_norm"),
                                                            .x     = detail::whole(x, "rms_norm"),
                                                            .dx    = detail::whole(dx, "rms_norm"),
                                                            .stats = stats.data,
                                                            .gain  = gain.data,
                                                            .width = int(x.cols)});
        });
    });
}

/// x = x / rms(x) * gain of each head, in place.  x (N, heads * D); normed (N, heads * D): x / rms; stats (N, heads):
/// 1 / rms; gain (1, D).
template <int D, class T>
void head_norm(Lane<T>& lane, Mat<T> x, Mat<T> normed, Mat<float> stats, Mat<float const> gain) {
    lane.queue.launch(x.rows * stats.cols, HeadNorm<T>{.x             = x.data,
                                                       .normed        = normed.data,
                                                       .stats         = stats.data,
                                                       .gain          = gain.data,
                                                       .heads         = int(stats.cols),
                                                       .size          = D,
                                                       .stride        = int(x.stride),
                                                       .normed_stride = int(normed.stride),
                                                       .stats_stride  = int(stats.stride)});
}

/// The gradient d of what head_norm made becomes that of its input, in place; dgain (1, D) is added to.
template <int D, class T>
void add_head_norm_backward(Lane<T>& lane, Mat<T> d, Mat<float> dgain, CMat<T> normed, Mat<float const> stats,
                            Mat<float const> gain) {
    if (d.rows == 0) return;
    const int heads = int(stats.cols);
    detail::add_columns(lane, d.rows * heads,
                        HeadGainTerm<T>{d.data, normed.data, heads, D, int(d.stride), int(normed.stride)},
                        dgain);
    lane.queue.launch(d.rows * heads, HeadNormBackward<T>{.d             = d.data,
                                                          .normed        = normed.data,
                                                          .stats         = stats.data,
                                                          .gain          = gain.data,
                                                          .heads         = heads,
                                                          .size          = D,
                                                          .stride        = int(d.stride),
                                                          .normed_stride = int(normed.stride),
                                                          .stats_stride  = int(stats.stride)});
}

}  // namespace rung::cuda
