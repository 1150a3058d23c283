#pragma once
// What a kernel in single precision is held against: the same formula by Eigen in double precision, and matrices whose
// surroundings tell who touched them.

#define EIGEN_DONT_VECTORIZE  // plain loops; and GCC 12 warns of Eigen's vectors where there is AVX-512
#include <cstring>
#include <limits>

#include "rung/core/eigen.hpp"
#include "support/random.hpp"

namespace rung_test {

using Array  = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A matrix of normal numbers inside a wider one that is NaN elsewhere: reading beside the matrix spoils results,
/// writing beside it spoils `intact`.
template <class Real = float>
class Framed {
    static constexpr Index margin = 3;

public:
    Framed(Index rows, Index cols, std::uint32_t stream, double scale = 1, double mean = 0)
        : rows_(rows), cols_(cols), all_((rows + 2) * (cols + 2 * margin)) {
        Rng rng(7, Purpose::user, stream);
        std::fill(all_.begin(), all_.end(), std::numeric_limits<Real>::quiet_NaN());
        for (Index i = 0; i < rows; ++i)
            for (Index j = 0; j < cols; ++j) view()(i, j) = Real(mean + scale * rng.normal());
    }
    Mat<Real>       view() { return {all_.data() + cols_ + 3 * margin, rows_, cols_, cols_ + 2 * margin}; }
    Mat<Real const> view() const { return const_cast<Framed*>(this)->view(); }
                    operator Mat<Real>() { return view(); }
                    operator Mat<Real const>() const { return view(); }
                    operator Packed<Real>() const { return view(); }

    /// Nothing around the matrix has been written.
    bool intact() const {
        Index others = 0, nan = 0;
        for (const Real x : all_) others += x == x, nan += x != x;
        for (Index i = 0; i < rows_; ++i)
            for (Index j = 0; j < cols_; ++j) view()(i, j) == view()(i, j) ? --others : --nan;
        return others == 0 && nan == all_.size() - rows_ * cols_;
    }

private:
    Index        rows_, cols_;
    Buffer<Real> all_;
};

template <class T>
Array exact(Mat<T> m) {
    return as_eigen(m).template cast<double>().array();
}
template <class Real>
Array exact(Framed<Real> const& m) {
    return exact(m.view());
}

/// Largest distance of y from `wanted` in units of float rounding, 2^-24, of max(1, |wanted|) at each place.
inline double units(Array const& y, Array const& wanted) {
    if (wanted.size() == 0) return 0;
    const Array apart = (y - wanted).abs() / wanted.abs().max(1.0) * 0x1p24;
    return apart.isFinite().all() ? apart.maxCoeff() : std::numeric_limits<double>::infinity();
}
template <class Y>
double units(Y const& y, Array const& wanted) {
    return units(exact(y), wanted);
}

/// Fills the scratch memory that a lane will hand out with NaN: what is read before it is written spoils results.
template <class Lane>
void spoil(Lane& lane) {
    const auto all = lane.arena.template take<double>(1, 1 << 18);
    std::memset(all.data, 0xff, std::size_t(all.size()) * sizeof(double));  // NaN in every precision
    lane.arena.reset();
}

/// Widths of one, odd, at whole vectors and beside them, and many vectors.
inline constexpr Index columns[] = {1, 5, 7, 8, 16, 17, 64, 300};

}  // namespace rung_test
