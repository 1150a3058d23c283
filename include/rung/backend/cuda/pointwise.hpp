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

/// y = value
template <class T, class N>
void fill(Lane<T>& lane, Mat<N> y, std::type_identity_t<Sum<N>> value) {
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

/// y = gelu(x), tanh form; x becomes the slope that the backward pass needs, if that is kept.
template <class T>
void gelu(Lane<T>& lane, Mat<T> y, Mat<T> x, Keep keep = Keep::slopes) {
    const Gelu<T> body{detail::whole(y, "gelu"), detail::whole(x, "gelu"), detail::count_of(y, "gelu"),
                       keep == Keep::slopes};
    lane.queue.launch(body.items(), body);
}

/// dx = dy times the slope that gelu left in x. dx may be x.
template <class T>
void gelu_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> x) {
    const GeluBackward<T> body{detail::whole(dx, "gelu_backward"), detail::whole(dy, "gelu_backward"),
                               detail::whole(x, "gelu_backward"), detail::count_of(dx, "gelu_backward")};
    lane.queue.launch(body.items(), body);
}

/// y (N, H) = silu(gate) up of x = [gate | up] (N, 2 H), which becomes the slopes that the backward pass needs, if
/// they are kept.
template <class T>
void swiglu(Lane<T>& lane, Mat<T> y, Mat<T> x, Keep keep = Keep::slopes) {
    const Swiglu<T> body{detail::whole(y, "swiglu"), detail::whole(x, "swiglu"), int(y.cols),
                         keep == Keep::slopes};
    lane.queue.launch(body.items(y.rows), body);
}

/// dx (N, 2 H) from dy (N, H) and what swiglu left in x. dx may be x.
template <class T>
void swiglu_backward(Lane<T>& lane, Mat<T> dx, CMat<T> dy, CMat<T> x) {
    const SwigluBackward<T> body{detail::whole(dx, "swiglu_backward"), detail::whole(dy, "swiglu_backward"),
                                 detail::whole(x, "swiglu_backward"), int(dy.cols)};
    lane.queue.launch(body.items(dy.rows), body);
}

}  // namespace rung::cuda
