#pragma once
// Rows looked up by id, and the rotation that writes a position into queries and keys.

#include "rung/backend/cpu/rows.hpp"
#include "rung/core/sequences.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// y[i] = table[ids[i]].  y (N, C), table (V, C).
template <class P, class Real>
void embed(Lane<P>&, Mat<Real> y, CMat<Real> table, int const* ids) {
    for (Index i = 0; i < y.rows; ++i) {
        RUNG_CHECK(ids[i] >= 0 && ids[i] < table.rows, "embed: row ", i, ": id; got ", ids[i],
                   ", wanted 0 to ", table.rows - 1);
        std::copy_n(table.row(ids[i]), y.cols, y.row(i));
    }
}

/// y[i] += table[ids[i]]
template <class P, class Real>
void add_embed(Lane<P>&, Mat<Real> y, CMat<Real> table, int const* ids) {
    for (Index i = 0; i < y.rows; ++i) {
        RUNG_CHECK(ids[i] >= 0 && ids[i] < table.rows, "add_embed: row ", i, ": position; got ", ids[i],
                   ", wanted 0 to ", table.rows - 1, " (a sequence longer than the model's context?)");
        add_to(y.row(i), table.row(ids[i]), y.cols);
    }
}

/// dtable[ids[i]] += dy[i]
template <class P, class Real>
void add_embed_backward(Lane<P>&, Mat<Real> dtable, CMat<Real> dy, int const* ids) {
    for (Index i = 0; i < dy.rows; ++i) add_to(dtable.row(ids[i]), dy.row(i), dy.cols);
}

/// y[i] = x[ids[i]]
template <class P, class Real>
void gather(Lane<P>& lane, Mat<Real> y, CMat<Real> x, int const* ids) {
    embed(lane, y, x, ids);
}

/// y[ids[i]] += x[i], no id twice.
template <class P, class Real>
void add_scatter(Lane<P>& lane, Mat<Real> y, CMat<Real> x, int const* ids) {
    add_embed_backward(lane, y, x, ids);
}

namespace detail {
enum class Turn { forward, back };

template <class P, class Real>
void rotate(Lane<P>& lane, Mat<Real> x, int const* positions, int heads, Rotation const& rotation,
            Turn turn) {
    const Index    D    = x.cols / heads;
    const Rotation all  = rotation.of(D);
    const Index    half = all.channels / 2;
    const Real     sign = turn == Turn::forward ? Real(1) : Real(-1);
    for (Index i = 0; i < x.rows; ++i) {
        Real const* trig = lane.rotations.row(positions[i], all);
        for (int h = 0; h < heads; ++h) {
            Real *a = x.row(i) + h * D, *b = a + half;
            for_vectors<Real>(half, [&](auto at, Index c) {
                const auto p = at.load(a + c), q = at.load(b + c);
                const auto cosine = at.load(trig + c), sine = at.load(trig + half + c) * sign;
                at.store(a + c, p * cosine - q * sine);
                at.store(b + c, q * cosine + p * sine);
            });
        }
    }
}
}  // namespace detail

/// Turns channels of every head by the angles of the rows' positions, in place; see Rotation.
/// x (N, heads * D).  Su et al., "RoFormer", 2021, with the halves paired as in Llama.
template <class P, class Real>
void rope(Lane<P>& lane, Mat<Real> x, int const* positions, int heads, Rotation const& rotation) {
    detail::rotate(lane, x, positions, heads, rotation, detail::Turn::forward);
}

/// The gradient before the rotation from the one after it, in place: a rotation's transpose is its inverse.
template <class P, class Real>
void rope_backward(Lane<P>& lane, Mat<Real> dx, int const* positions, int heads, Rotation const& rotation) {
    detail::rotate(lane, dx, positions, heads, rotation, detail::Turn::back);
}

/// y[i] += scale [cos | sin] of positions[i] * theta^(-2 c / C).  y (N, C), C even.  Vaswani et al., "Attention is all
/// you need", 2017, whose sines and cosines take turns: the same but for the order of channels.
template <class P, class Real>
void add_sinusoids(Lane<P>& lane, Mat<Real> y, int const* positions, double theta, double scale) {
    for (Index i = 0; i < y.rows; ++i) {
        Real const* wave = lane.rotations.row(positions[i], {.theta = theta, .channels = int(y.cols)});
        Real*       to   = y.row(i);
        for_vectors<Real>(y.cols, [&](auto at, Index c) {
            at.store(to + c, at.load(to + c) + at.load(wave + c) * Real(scale));
        });
    }
}

}  // namespace rung::cpu::inline RUNG_ISA
