#pragma once
// Random matrices, ragged rows and finite differences for tests.

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "rung/core/buffer.hpp"
#include "rung/core/packed.hpp"
#include "rung/core/rng.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/position/ids.hpp"

namespace rung_test {

using namespace rung;

/// An owning matrix of normal numbers.
template <class Real = double>
struct Random {
    Buffer<Real> data;
    Index        rows, cols;

    Random(Index rows, Index cols, std::uint32_t stream, double scale = 1, double mean = 0)
        : data(rows * cols), rows(rows), cols(cols) {
        Rng rng(7, Purpose::user, stream);
        for (auto& x : data) x = Real(mean + scale * rng.normal());
    }
              operator Mat<Real>() { return {data.data(), rows, cols}; }
              operator Mat<Real const>() const { return {data.data(), rows, cols}; }
              operator Packed<Real>() const { return Mat<Real const>(*this); }
    Mat<Real> view() { return *this; }
};

template <class Real = double>
Random<Real> zeros(Index rows, Index cols) {
    return Random<Real>(rows, cols, 0, 0);
}

/// Sequences of the given lengths with random tokens.
struct RandomRows {
    std::vector<int> tokens, positions, starts{0}, targets;
    std::vector<int> passes;  ///< of each sequence, descending; empty: as the run says

    RandomRows(std::vector<int> const& lengths, int vocab, std::uint32_t stream = 0) {
        Rng rng(3, Purpose::user, stream);
        for (const int length : lengths) {
            for (int t = 0; t < length; ++t) {
                tokens.push_back(int(rng.below(std::uint32_t(vocab))));
                positions.push_back(t);
                targets.push_back(rng.chance(0.25) ? -1 : int(rng.below(std::uint32_t(vocab))));
            }
            starts.push_back(int(tokens.size()));
        }
    }
    Sequences view() const {
        Sequences rows{tokens.data(), positions.data(), starts.data(), int(starts.size()) - 1, 0};
        if (!passes.empty()) rows.passes = passes.data();
        return rows;
    }
};

/// The same with the rows that a scheme draws for them in training.
template <class Position>
RandomRows looked_up(RandomRows all) {
    for (std::size_t b = 0; b + 1 < all.starts.size(); ++b)
        look_up<Position>(
            std::span(all.positions)
                .subspan(std::size_t(all.starts[b]), std::size_t(all.starts[b + 1] - all.starts[b])),
            Phase::training, 1, 0, std::uint32_t(b));
    return all;
}

/// Largest gap between `gradient` and the central difference of `loss` in x, over at most `probes` elements,
/// relative to the largest difference seen (or 1).
inline double gradient_gap(Mat<double> x, Mat<double> gradient, std::function<double()> const& loss,
                           Index probes = 60) {
    double      gap = 0, largest = 1;
    const Index step = std::max<Index>(1, x.size() / probes);
    for (Index i = 0; i < x.size(); i += step) {
        double&      value = x(i / x.cols, i % x.cols);
        const double old = value, h = 1e-5;
        value              = old + h;
        const double above = loss();
        value              = old - h;
        const double below = loss();
        value              = old;
        const double slope = (above - below) / (2 * h);
        gap                = std::max(gap, std::abs(slope - gradient(i / x.cols, i % x.cols)));
        largest            = std::max(largest, std::abs(slope));
    }
    return gap / largest;
}

/// FNV-1a of the bytes: equal hashes mean equal bits.
template <class T>
std::uint64_t bits_of(Buffer<T> const& buffer) {
    std::uint64_t hash  = 14695981039346656037ull;
    auto const*   bytes = reinterpret_cast<unsigned char const*>(buffer.data());
    for (Index i = 0; i < buffer.size() * Index(sizeof(T)); ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
    return hash;
}

}  // namespace rung_test
