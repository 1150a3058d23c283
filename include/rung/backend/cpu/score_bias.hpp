#pragma once
// Tables of biases (core/mask.hpp) from the weights of positional schemes, and back: in the precision of sums whatever
// the precision of products.

#include "rung/backend/cpu/rows.hpp"
#include "rung/backend/fire.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {
/// y += factor x
template <class Real>
void add_scaled(Real* y, Real factor, Real const* x, Index n) {
    for_vectors<Real>(n,
                      [&](auto at, Index i) { at.store(y + i, at.load(y + i) + factor * at.load(x + i)); });
}
}  // namespace detail

/// table (E, H) = features (E, F) w (F, H). Most features of most schemes are zeros.
template <class P, class Real>
void combine(Lane<P>&, Mat<Real> table, CMat<Real> features, CMat<Real> w) {
    for (Index e = 0; e < table.rows; ++e) {
        std::fill_n(table.row(e), table.cols, Real(0));
        for (Index f = 0; f < w.rows; ++f)
            if (features(e, f) != 0) detail::add_scaled(table.row(e), features(e, f), w.row(f), table.cols);
    }
}
/// dw += featuresT dtable
template <class P, class Real>
void add_combine_backward(Lane<P>&, Mat<Real> dw, CMat<Real> dtable, CMat<Real> features) {
    for (Index e = 0; e < dtable.rows; ++e)
        for (Index f = 0; f < dw.rows; ++f)
            if (features(e, f) != 0) detail::add_scaled(dw.row(f), features(e, f), dtable.row(e), dw.cols);
}

/// table (E, H), by distance d: -r1 log(1 + r2 d) with rates r = exp(w), w (2, H) (Chi et al., "KERPLE", 2022).
template <class P, class Real>
void kerple(Lane<P>&, Mat<Real> table, CMat<Real> w, Index reach) {
    for (Index e = 0; e < table.rows; ++e)
        for (Index h = 0; h < table.cols; ++h)
            table(e, h) = -std::exp(w(0, h)) * std::log1p(std::exp(w(1, h)) * Real(std::abs(reach - 1 - e)));
}
/// dw (2, H) gets its gradient added.
template <class P, class Real>
void add_kerple_backward(Lane<P>&, Mat<Real> dw, CMat<Real> dtable, CMat<Real> w, Index reach) {
    for (Index h = 0; h < dw.cols; ++h) {
        const Real r1 = std::exp(w(0, h)), r2 = std::exp(w(1, h));
        for (Index e = 0; e < dtable.rows; ++e) {
            const Real d = r2 * Real(std::abs(reach - 1 - e));
            dw(0, h) -= dtable(e, h) * r1 * std::log1p(d);
            dw(1, h) -= dtable(e, h) * r1 * d / (1 + d);
        }
    }
}

namespace detail {

/// FIRE's network with its hidden layer side by side, for one pair of places at a time.
template <class Real>
struct FireRows {
    Index     W, H;
    Mat<Real> out;  ///< (H, W)
    Real *    hidden, *dhidden;

    FireRows(Arena& arena, FireNet<Real const> const& net)
        : W(net.in.cols),
          H(net.out.cols),
          out(arena.take<Real>(H, W)),
          hidden(arena.take<Real>(1, W).data),
          dhidden(arena.take<Real>(1, W).data) {
        for (Index k = 0; k < W; ++k)
            for (Index h = 0; h < H; ++h) out(h, k) = net.out(k, h);
    }
    void relu(Real x, FireNet<Real const> const& net) {
        for_vectors<Real>(W, [&](auto at, Index k) {
            auto none = typename Simd<Real>::Vector{};
            Simd<Real>::keep_larger(none, x * at.load(net.in.data + k) + at.load(net.in_bias.data + k));
            at.store(hidden + k, none);
        });
    }
};

/// f(p, q) for each pair that the mask leaves.
template <class F>
void for_pairs(Index reach, Mask mask, F f) {
    for (Index p = 0; p < reach; ++p)
        for (Index q = 0; q < (mask == Mask::causal ? p + 1 : reach); ++q) f(p, q);
}

}  // namespace detail

/// table (reach^2, H), by pair; zeros where the mask hides the key.
template <class P, class Real>
void fire(Lane<P>& lane, Mat<Real> table, FireNet<std::type_identity_t<Real> const> const& net,
          FireUnits units, Index reach, Mask mask) {
    const auto             mark = lane.arena.mark();
    detail::FireRows<Real> rows(lane.arena, net);
    std::fill_n(table.data, table.size(), Real(0));
    detail::for_pairs(reach, mask, [&](Index p, Index q) {
        rows.relu(FireInput<Real>(net.scales.data, units, p, q).x, net);
        for (Index h = 0; h < rows.H; ++h)
            table(p * reach + q, h) = dot(rows.hidden, rows.out.row(h), rows.W);
    });
    lane.arena.release(mark);
}

/// d gets the gradient of the weights added.
template <class P, class Real>
void add_fire_backward(Lane<P>& lane, FireNet<Real> const& d, CMat<Real> dtable,
                       FireNet<std::type_identity_t<Real> const> const& net, FireUnits units, Index reach,
                       Mask mask) {
    const auto             mark = lane.arena.mark();
    detail::FireRows<Real> rows(lane.arena, net);
    const auto             dout = lane.arena.template take<Real>(rows.H, rows.W);
    const Index            W    = rows.W;
    std::fill_n(dout.data, dout.size(), Real(0));
    detail::for_pairs(reach, mask, [&](Index p, Index q) {
        const FireInput<Real> in(net.scales.data, units, p, q);
        Real const* const     dy = dtable.row(p * reach + q);
        rows.relu(in.x, net);
        std::fill_n(rows.dhidden, W, Real(0));
        for (Index h = 0; h < rows.H; ++h) {
            detail::add_scaled(rows.dhidden, dy[h], rows.out.row(h), W);
            detail::add_scaled(dout.row(h), dy[h], rows.hidden, W);
        }
        for_vectors<Real>(W, [&](auto at, Index k) {
            auto v = at.load(rows.dhidden + k);
            v      = at.load(rows.hidden + k) > Real(0) ? v : typename Simd<Real>::Vector{};
            at.store(rows.dhidden + k, v);
        });
        add_to(d.in_bias.data, rows.dhidden, W);
        detail::add_scaled(d.in.data, in.x, rows.dhidden, W);
        const Real dx = dot(rows.dhidden, net.in.data, W);
        d.scales(0, 0) += dx * in.by_rate, d.scales(0, 1) += dx * in.by_threshold;
    });
    for (Index k = 0; k < W; ++k)
        for (Index h = 0; h < rows.H; ++h) d.out(k, h) += dout(h, k);
    lane.arena.release(mark);
}

}  // namespace rung::cpu::inline RUNG_ISA
