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
                      fits(std::integral_constant<int, 4>{}) || fits(std::integral_constant<int, 8>{}) ||
                      fits(std::integral_constant<int, 16>{});
    RUNG_CHECK(done, "cuda: norm: width; got ", width, ", wanted at most ", widest_row);
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
    detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
        lane.queue.launch(x.rows, LayerNormBackward<N, T>{.dy    = detail::whole(dy, "layer_norm"),
                                                          .x     = detail::whole(x, "layer_norm"),
                                                          .dx    = detail::whole(dx, "layer_norm"),
                                                          .stats = stats.data,
                                                          .gain  = gain.data,
                                                          .width = int(x.cols)});
    });
    detail::add_columns(lane, dgain, x.rows, GainTerm<T, 2>{dy.data, x.data, stats.data, int(x.cols)});
    add_column_sums(lane, dbias, dy);
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
    detail::by_capacity(x.cols, [&]<int N>(std::integral_constant<int, N>) {
        lane.queue.launch(x.rows, RmsNormBackward<N, T>{.dy    = detail::whole(dy, "rms_norm"),
                                                        .x     = detail::whole(x, "rms_norm"),
                                                        .dx    = detail::whole(dx, "rms_norm"),
                                                        .stats = stats.data,
                                                        .gain  = gain.data,
                                                        .width = int(x.cols)});
    });
    detail::add_columns(lane, dgain, x.rows, GainTerm<T, 1>{dy.data, x.data, stats.data, int(x.cols)});
}

}  // namespace rung::cuda
