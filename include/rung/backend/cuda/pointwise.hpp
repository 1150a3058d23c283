#pragma once
// Element-wise operations.

#include "rung/backend/cuda/body/pointwise.hpp"
#include "rung/backend/cuda/context.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cuda {

namespace detail {
/// Bodies walk rows that follow each other without a gap.
template <class N>
N* whole(Mat<N> m, char const* what) {
    RUNG_CHECK(m.rows <= 1 || m.stride == m.cols, what, ": stride; got ", m.stride, ", wanted ", m.cols,
               ", the columns");
    return m.data;
}
/// Values that an item's number, times four, can reach.
template <class N>
int count_of(Mat<N> m, char const* what) {
    RUNG_CHECK(m.size() < Index{1} << 31, what, ": numbers; got ", m.size(),
               ", wanted fewer than 2^31 (a smaller piece of the batch at a time?)");
    return int(m.size());
}
}  // namespace detail

/// Operations beside those after them, until join(): of few results, summed over a batch, each leaves most of a GPU to
/// others. Until then nothing may write what they read, touch what they write (nor may two of these add to one sum), or
/// give their scratch memory back. They are no joins, and none that makes tables first, such as rope().
template <class T, class F>
void beside(Lane<T>& lane, F&& operations) {
    lane.queue.beside(operations);
}
template <class T>
void join(Lane<T>& lane) {
    lane.queue.join();
}
/// Scratch memory in the place of y, which operations beside may still read.
template <class T>
Mat<T> in_place_of(Lane<T>& lane, Mat<T> y) {
    return lane.arena.template take<T>(y.rows, y.cols);
}

/// y = value
template <class T, class N>
void fill(Lane<T>& lane, Mat<N> y, std::type_identity_t<Acc<N>> value) {
    lane.queue.launch(y.size(), Fill<N>{detail::whole(y, "fill"), value});
}

/// y = x
template <class T>
void copy(Lane<T>& lane, Mat<T> y, CMat<T> x) {
    lane.queue.copy(detail::whole(y, "copy"), detail::whole(x, "copy"), std::size_t(y.size()) * sizeof(T));
}

/// y += x
template <class T>
void add(Lane<T>& lane, Mat<T> y, CMat<T> x) {
    const Add<T> body{detail::whole(y, "add"), detail::whole(x, "add"), detail::count_of(y, "add")};
    lane.queue.launch(body.items(), body);
}

}  // namespace rung::cuda
