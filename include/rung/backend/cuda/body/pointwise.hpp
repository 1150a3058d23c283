#pragma once
// Element by element, of rows without gaps.

#include "rung/backend/cuda/group.hpp"
#include "rung/core/rng.hpp"

namespace rung::cuda {

template <class T>
struct Fill {
    static constexpr int warps = 0;

    T*           y;
    float        value;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(value); }
};

struct Convert {
    static constexpr int warps = 0;

    float const* from;
    bf16*        to;
    RUNG_HD void operator()(Index i) const { to[i] = narrow<bf16>(from[i]); }
};

/// y (N, width) += one row
template <class T>
struct AddRow {
    static constexpr int warps = 0;

    T*           y;
    T const*     row;
    int          width;
    RUNG_HD void operator()(Index i) const { y[i] = narrow<T>(widen(y[i]) + widen(row[i % width])); }
};

/// y += x. An item is four values, here and below.
template <class T>
struct Add {
    static constexpr int warps = 0;

    T*       y;
    T const* x;
    int      size;

    RUNG_HD Index items() const { return (size + 3) / 4; }
    RUNG_HD void  operator()(Index item) const {
         const int at = int(item) * 4;
         Four      sum, more;
         sum.load(y, at, size), more.load(x, at, size);
         RUNG_UNROLL for (int j = 0; j < 4; ++j) sum.v[j] += more.v[j];
         sum.store(y, at, size);
    }
};

/// 1 / (1 + exp(-x))
RUNG_HD inline float sigmoid(float x) { return 1 / (1 + ::exp2f(-log2_e * x)); }

/// What names a dropout's random numbers.
struct DropoutName {
    std::uint64_t seed;
    Index         first_row;
    std::uint32_t step, site;
};

/// y (N, width) = dropout(y), the CPU's choices. An item is four values of a row: the words of one block of its stream.
template <class T>
struct Dropped {
    static constexpr int warps = 0;

    T*                 y;
    int                width;
    float              rate;
    DropoutName const* name;

    RUNG_HD int groups() const { return (width + 3) / 4; }  ///< of a row

    RUNG_HD void operator()(Index item) const {
        const Index      row = item / groups();
        const int        at  = int(item % groups()) * 4;
        const RandomBits bits =
            philox(counter_of(Purpose::dropout, name->step, std::uint32_t(name->first_row + row), name->site,
                              std::uint32_t(at / 4)),
                   key_of(name->seed));
        const float keep = 1 / (1 - rate);
        Four        values;
        values.load(y + row * width, at, width);
        RUNG_UNROLL for (int j = 0; j < 4; ++j) values.v[j] *= unit(bits[std::size_t(j)]) < rate ? 0 : keep;
        values.store(y + row * width, at, width);
    }
};

}  // namespace rung::cuda
