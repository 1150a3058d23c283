#pragma once
// Views: a pointer, rows, columns and the distance between rows. They own nothing and are passed by value.
// Everything is row-major. N tokens, B sequences, T length, C width, V vocabulary, H heads.

#include <cstddef>
#include <type_traits>

namespace rung {

/// Index type of everything that counts elements.
using Index = std::ptrdiff_t;

/// A row-major matrix of T somewhere in memory. Mat<float const> is read-only; Mat<float> converts to it.
template <class T>
struct Mat {
    T*    data   = nullptr;
    Index rows   = 0;
    Index cols   = 0;
    Index stride = 0;  ///< elements from one row to the next, at least cols

    constexpr Mat() = default;
    constexpr Mat(T* data_, Index rows_, Index cols_) : Mat(data_, rows_, cols_, cols_) {}
    constexpr Mat(T* data_, Index rows_, Index cols_, Index stride_)
        : data(data_), rows(rows_), cols(cols_), stride(stride_) {}

    constexpr operator Mat<T const>() const requires(!std::is_const_v<T>) {
        return {data, rows, cols, stride};
    }

    constexpr T&    operator()(Index row, Index col) const { return data[row * stride + col]; }
    constexpr T*    row(Index i) const { return data + i * stride; }
    constexpr Index size() const { return rows * cols; }
    constexpr bool  empty() const { return rows == 0 || cols == 0; }

    /// Columns first .. first + count - 1 of every row.
    constexpr Mat columns(Index first, Index count) const { return {data + first, rows, count, stride}; }
    /// Rows first .. first + count - 1.
    constexpr Mat slice(Index first, Index count) const {
        return {data + first * stride, count, cols, stride};
    }
};

/// Read-only view whose element type is not deduced: lets Mat<float> be passed where Mat<float const> is
/// asked for.
template <class Real>
using CMat = Mat<std::type_identity_t<Real> const>;

}  // namespace rung
