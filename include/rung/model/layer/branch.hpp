#pragma once
// A residual branch: what a function of the stream's rows is added to, and where norms stand around it.

#include <type_traits>

#include "rung/core/buffer.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/style/style.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// What a branch keeps for its backward pass: n, what its function read, and z, what its last norm read, (N, C) each or
/// nothing where there is no such norm; and the norms' statistics.
template <class Real>
struct SavedBranch {
    Mat<Real>      n, z;
    Mat<Acc<Real>> stats, post_stats;

    /// The same of the first rows alone.
    SavedBranch first(Index rows) const {
        return {n.slice(0, rows), z.slice(0, rows), stats.slice(0, rows), post_stats.slice(0, rows)};
    }
};

/// Which dropout a branch's result gets, before it is added.
struct BranchDropout {
    Dropout const& drop;
    std::uint32_t  site;
    Index          first_row;
};

/// @tparam pre, post  where the weights of the norms before and after the function stand among the block's
template <int C, class Norm, Norms where, Extent pre, Extent post>
struct Branch {
    static constexpr bool  begins = where != Norms::after, ends = where != Norms::before;  ///< with a norm
    static constexpr Index kept = (begins + ends) * C, kept_sums = (begins + ends) * Norm::stats;

    template <class Real>
    static SavedBranch<Real> take(Arena& arena, Index N) {
        return {arena.template take<Real>(N, begins ? C : 0), arena.template take<Real>(N, ends ? C : 0),
                arena.template take<Acc<Real>>(N, begins ? Norm::stats : 0),
                arena.template take<Acc<Real>>(N, ends ? Norm::stats : 0)};
    }

    /// What the function f of the branch reads: the norm of x, or x itself. w: the block's weights.
    template <class Lane, class Real>
    static Mat<Real> enter(Lane& lane, SavedBranch<Real> const& s, Mat<Real> x, Weights<Acc<Real>> w) {
        if constexpr (!begins) return x;
        else return Norm::forward(lane, s.n, s.stats, x, w + pre), s.n;
    }
    /// y from x and what f makes of that; y may be x.  @param add_f  (to, stream): to = stream + f
    template <class Lane, class Real, class F>
    static void leave(Lane& lane, Mat<Real> y, SavedBranch<Real> const& s, Mat<Real> x, Weights<Acc<Real>> w,
                      BranchDropout const& drop, F&& add_f) {
        if constexpr (where == Norms::before) {
            add_dropped(lane, y, x, drop, add_f);
        } else if constexpr (where == Norms::after) {
            add_dropped(lane, s.z, x, drop, add_f);
            Norm::forward(lane, y, s.post_stats, s.z, w + post);
        } else {
            const auto mark = lane.arena.mark();
            const auto sum  = lane.arena.template take<Real>(x.rows, C);
            fill(lane, s.z, 0);
            add_f(s.z, s.z);
            Norm::forward(lane, sum, s.post_stats, s.z, w + post);
            dropout(lane, sum, drop.drop, drop.site, drop.first_row);
            add(lane, sum, x);
            copy(lane, y, sum);
            lane.arena.release(mark);
        }
    }
    /// d: the gradient of y becomes that of x. dn (N, C) is scratch, and dz (N, C), where the branch ends with a norm.
    /// @param f  (dn, df): the gradient of what f read, from that of its result
    template <class Lane, class Real, class F>
    static void backward(Lane& lane, Mat<Real> d, Mat<Real> dn, Mat<Real> dz, SavedBranch<Real> const& s,
                         Mat<Real> x, Weights<Acc<Real>> w, Acc<Real>* dw, BranchDropout const& drop, F&& f) {
        if constexpr (where == Norms::before) {
            f(dn, dropped(lane, d, drop));  // the stream's own path is d itself; branches add to it
        } else if constexpr (where == Norms::after) {
            fill(lane, dz, 0);
            Norm::add_backward(lane, dz, d, s.z, s.post_stats, w + post, dw + post);
            f(dn, dropped(lane, dz, drop));
            copy(lane, d, dz);
            add(lane, d, dn);
        } else {
            fill(lane, dz, 0);
            Norm::add_backward(lane, dz, dropped(lane, d, drop), s.z, s.post_stats, w + post, dw + post);
            f(dn, dz);
        }
        if constexpr (begins) Norm::add_backward(lane, d, dn, x, s.stats, w + pre, dw + pre);
    }

private:
    /// y = x + dropout(f). Without dropout f is added straight to the stream.
    template <class Lane, class Real, class F>
    static void add_dropped(Lane& lane, Mat<Real> y, Mat<Real> x, BranchDropout const& drop, F&& add_f) {
        if (drop.drop.rate <= 0) return add_f(y, x);
        fill(lane, y, 0);
        add_f(y, y);
        dropout(lane, y, drop.drop, drop.site, drop.first_row);
        add(lane, y, x);
    }
    /// The gradient that f receives: d itself, or a copy with the same elements dropped as in the forward pass.
    template <class Lane, class Real>
    static Mat<Real> dropped(Lane& lane, Mat<Real> d, BranchDropout const& drop) {
        if (drop.drop.rate <= 0) return d;
        const auto out = lane.arena.template take<Real>(d.rows, d.cols);
        copy(lane, out, d);
        dropout(lane, out, drop.drop, drop.site, drop.first_row);
        return out;
    }
};

}  // namespace rung
