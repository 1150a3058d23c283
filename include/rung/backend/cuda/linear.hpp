#pragma once
// The products a linear layer needs, forward and backward, and the gradient of its bias.

#include "rung/backend/cuda/body/columns.hpp"
#include "rung/backend/cuda/pointwise.hpp"

namespace rung::cuda {

namespace detail {

/// sums[c] += term(row, c) over all rows; of a term of two numbers also the second ones, if they are asked for. The
/// same bits every time.
template <class T, class Term>
void add_columns(Lane<T>& lane, Index rows, Term const& term, Mat<float> sums, Mat<float> second = {}) {
    ColumnSums<Term> body{};
    body.term = term, body.rows = rows, body.columns = int(sums.cols);
    // Runs of whole batches: as many as keep all SMs of an H100 busy at once, and as are soon added up.
    constexpr Index sms = 132, batch = body.warps * body.deep;
    const Index     most = std::clamp<Index>(sms * body.blocks / body.groups(), 1, 128);
    body.run             = int((rows + most * batch - 1) / (most * batch) * batch);
    RUNG_CHECK(body.run * sums.cols < Index{1} << 29, "cuda: numbers of a run of rows; got ", body.run, " x ",
               sums.cols, ", wanted fewer than 2^29 (a smaller piece of the batch at a time?)");
    const auto mark = lane.arena.mark();
    body.partial    = lane.arena.template take<float>(body.runs() * Term::sums, sums.cols).data;
    body.arrived    = lane.counters(body.groups());
    body.to[0]      = sums.data;
    if constexpr (Term::sums > 1) body.to[1] = second.empty() ? nullptr : second.data;
    lane.queue.launch(body.items(), body);
    if (!lane.queue.apart()) lane.arena.release(mark);  // else who joins gives it back
}

/// Of a result (rows, cols) summed over depth, from operands as they lie.
template <class T, class Result>
ProductShape product(Mat<Result> y, Index depth, Mat<T const> left, Index right_stride) {
    ProductShape shape{};
    shape.rows = int(y.rows), shape.cols = int(y.cols), shape.depth = int(depth);
    shape.left_stride = int(left.stride), shape.right_stride = int(right_stride);
    shape.result_stride = int(y.stride);
    shape.factors = number_of<T>(), shape.result = number_of<Result>();
    return shape;
}

/// Whether a product with an epilogue reads and writes such matrices: weights of odd sizes leave those after them
/// anywhere, and not every kernel of cuBLASLt can do that.
template <class N>
bool in_reach(N const* data, Index stride) {
    return alignment(data) >= 16 && stride * Index(sizeof(N)) % 16 == 0;
}
template <class... N>
bool in_reach(Mat<N>... all) {
    return (in_reach(all.data, all.stride) && ...);
}

/// The product, and its bias in the epilogue where that can be.
template <class T>
void multiply_and_bias(Lane<T>& lane, Mat<T> y, ProductShape shape, ProductPointers at,
                       Mat<float const> bias) {
    T const* const of    = bias.empty() ? nullptr : lane.factor(bias.data);
    const bool     fused = of && alignment(of) >= 16 && alignment(at.addend) >= 16 && in_reach(y) &&
                       in_reach(static_cast<T const*>(at.left), shape.left_stride) &&
                       in_reach(static_cast<T const*>(at.right), shape.right_stride);
    if (fused) shape.epilogue = Epilogue::bias, at.bias = of;
    lane.queue.multiply(shape, at);
    if (of && !fused) lane.queue.launch(y.size(), AddRow<T>{whole(y, "matmul"), of, int(y.cols)});
}

}  // namespace detail

/// y = x w + bias.  y (N, M), x (N, K), w (K, M), bias (1, M) or empty.
template <class T>
void matmul(Lane<T>& lane, Mat<T> y, CMat<T> x, Packed<float> w, Mat<float const> bias = {}) {
    if (y.empty()) return;
    auto            shape = detail::product<T>(y, w.rows, x, w.stride);
    ProductPointers at{.left = x.data, .right = lane.factor(w.data), .result = y.data};
    detail::multiply_and_bias(lane, y, shape, at, bias);
}

/// y = stream + x w + bias: what a branch adds to the residual stream. y may be the stream.
template <class T>
void add_matmul(Lane<T>& lane, Mat<T> y, CMat<T> stream, CMat<T> x, Packed<float> w,
                Mat<float const> bias = {}) {
    if (y.empty()) return;
    RUNG_CHECK(stream.stride == y.stride, "add_matmul: the stream's stride; got ", stream.stride, ", wanted ",
               y.stride, ", the result's");
    auto            shape = detail::product<T>(y, w.rows, x, w.stride);
    ProductPointers at{.left = x.data, .right = lane.factor(w.data), .result = y.data, .addend = stream.data};
    shape.adds = true;
    detail::multiply_and_bias(lane, y, shape, at, bias);
}

/// dx = dy wT.  dx (N, K), dy (N, M), w (K, M).
template <class T>
void matmul_nt(Lane<T>& lane, Mat<T> dx, CMat<T> dy, Packed<float> w) {
    if (dx.empty()) return;
    auto shape             = detail::product<T>(dx, w.cols, dy, w.stride);
    shape.right_transposed = true;
    lane.queue.multiply(shape, {.left = dy.data, .right = lane.factor(w.data), .result = dx.data});
}

/// dw += xT dy, the gradient of y = x w.  dw (K, M), x (N, K), dy (N, M).
template <class T>
void add_matmul_tn(Lane<T>& lane, Mat<float> dw, CMat<T> x, CMat<T> dy) {
    if (x.rows == 0) return;
    auto shape            = detail::product<T>(dw, x.rows, x, dy.stride);
    shape.left_transposed = shape.adds = true;
    lane.queue.multiply(shape, {.left = x.data, .right = dy.data, .result = dw.data, .addend = dw.data});
}

/// dbias += column sums of dy; nothing where the layer has no bias.
template <class T>
void add_column_sums(Lane<T>& lane, Mat<float> dbias, CMat<T> dy) {
    if (dbias.empty() || dy.rows == 0) return;
    detail::add_columns(lane, dy.rows, BiasTerm<T>{detail::whole(dy, "add_column_sums"), int(dy.cols)},
                        dbias);
}

}  // namespace rung::cuda
