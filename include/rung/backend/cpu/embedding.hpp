#pragma once
// Rows looked up by id, and the rotation that writes a position into queries and keys.

#include <cmath>

#include "rung/backend/cpu/context.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu {

/// y[i] = table[ids[i]].  y (N, C), table (V, C).
template <class Real>
void embed(Lane<Real>&, Mat<Real> y, CMat<Real> table, int const* ids) {
    for (Index i = 0; i < y.rows; ++i) {
        RUNG_CHECK(ids[i] >= 0 && ids[i] < table.rows, "embed: row ", i, ": id; got ", ids[i],
                   ", wanted 0 to ", table.rows - 1);
        std::copy_n(table.row(ids[i]), y.cols, y.row(i));
    }
}

/// y[i] += table[ids[i]]
template <class Real>
void add_embed(Lane<Real>&, Mat<Real> y, CMat<Real> table, int const* ids) {
    for (Index i = 0; i < y.rows; ++i) {
        RUNG_CHECK(ids[i] >= 0 && ids[i] < table.rows, "add_embed: row ", i, ": position; got ", ids[i],
                   ", wanted 0 to ", table.rows - 1, " (a sequence longer than the model's context?)");
        for (Index j = 0; j < y.cols; ++j) y(i, j) += table(ids[i], j);
    }
}

/// dtable[ids[i]] += dy[i]
template <class Real>
void add_embed_backward(Lane<Real>&, Mat<Real> dtable, CMat<Real> dy, int const* ids) {
    for (Index i = 0; i < dy.rows; ++i)
        for (Index j = 0; j < dy.cols; ++j) dtable(ids[i], j) += dy(i, j);
}

namespace detail {
enum class Turn { forward, back };

template <class Real>
void rotate(Lane<Real>& lane, Mat<Real> x, int const* positions, int heads, double theta, Turn turn) {
    const Index D = x.cols / heads, half = D / 2;
    const auto  mark  = lane.arena.mark();
    auto        trig  = lane.arena.template take<Real>(2, half);
    auto        speed = lane.arena.template take<double>(1, half);
    for (Index c = 0; c < half; ++c) speed(0, c) = std::pow(theta, -2.0 * double(c) / double(D));
    for (Index i = 0, known = -1; i < x.rows; ++i) {
        if (positions[i] != known) {
            known = positions[i];
            for (Index c = 0; c < half; ++c) {
                const double angle = double(known) * speed(0, c);
                trig(0, c)         = Real(std::cos(angle));
                trig(1, c)         = Real(turn == Turn::forward ? std::sin(angle) : -std::sin(angle));
            }
        }
        for (int h = 0; h < heads; ++h) {
            Real* a = x.row(i) + h * D;
            Real* b = a + half;
            for (Index c = 0; c < half; ++c) {
                const Real p = a[c], q = b[c];
                a[c] = p * trig(0, c) - q * trig(1, c);
                b[c] = q * trig(0, c) + p * trig(1, c);
            }
        }
    }
    lane.arena.release(mark);
}
}  // namespace detail

/// Rotates channels c and c + D / 2 of every head by position * theta^(-2 c / D), in place.
/// x (N, heads * D).  Su et al., "RoFormer", 2021, with the halves paired as in Llama.
template <class Real>
void rope(Lane<Real>& lane, Mat<Real> x, int const* positions, int heads, double theta) {
    detail::rotate(lane, x, positions, heads, theta, detail::Turn::forward);
}

/// The gradient before the rotation from the one after it, in place: a rotation's transpose is its inverse.
template <class Real>
void rope_backward(Lane<Real>& lane, Mat<Real> dx, int const* positions, int heads, double theta) {
    detail::rotate(lane, dx, positions, heads, theta, detail::Turn::back);
}

}  // namespace rung::cpu
