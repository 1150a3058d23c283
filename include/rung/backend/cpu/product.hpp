#pragma once
// Matrix products from tiles: rows times panels, and the product of a weight's gradient. A block of rows stays in the
// second-level cache while panels stream past it, each fetched while the one before is multiplied.

#include <span>
#include <utility>

#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/pack.hpp"
#include "rung/core/packed.hpp"

namespace rung::cpu::inline RUNG_ISA {

namespace detail {

inline constexpr Index block_size  = 65'536;  ///< values of a block of rows: half the second-level cache
inline constexpr Index block_depth = 512;  ///< a panel's run: longer ones load and store results less often

/// y = start + x b, with b in panels. start_row 0 repeats one row.
template <class P, class Real>
void multiply(Lane<P>& lane, Mat<Real> y, Real const* start, Index start_row, Mat<Real const> x,
              typename Precision<P>::Element const* panels) {
    using T           = Tile<P>;
    using Element     = typename Precision<P>::Element;
    const auto  mark  = lane.arena.mark();
    const Index depth = depth_of<P>(x.cols);
    // Equal blocks of whole tiles: a short last one would read all panels for few rows.
    const Index most   = std::clamp<Index>(block_size / std::max<Index>(depth, 1), 8 * T::tall, 32 * T::tall),
                blocks = std::max<Index>((y.rows + most / 2) / most, 1),
                block  = (y.rows + blocks * T::tall - 1) / (blocks * T::tall) * T::tall;
    const Index parts  = std::max<Index>((depth + block_depth - 1) / block_depth, 1),
                run    = (depth + parts - 1) / parts;
    for (Index m0 = 0; m0 < y.rows; m0 += block) {
        const Index    rows = std::min(block, y.rows - m0);
        Element const* a;
        Index          a_row = depth;
        if constexpr (Precision<P>::group == 1) {
            a = x.row(m0), a_row = x.stride;
        } else {
            Element* pairs = lane.arena.template take<Element>(rows, depth).data;
            pack_rows<P>(pairs, x.slice(m0, rows));
            a = pairs;
        }
        Element const* b = panels;
        for (Index n = 0; n < y.cols; n += T::width) {
            Real* const c = y.row(m0) + n;
            Index       k = 0;
            do {
                const Index    steps = std::min(run, depth - k), count = std::min(T::width, y.cols - n);
                Element const* panel = std::exchange(b, b + steps * T::width);
                T::rows(rows, steps, a + k, a_row, panel, k > 0 ? c : start + m0 * start_row + n,
                        k > 0 ? y.stride : start_row, c, y.stride, count, Soon(b, T::width));
            } while ((k += run) < depth);
        }
        lane.arena.release(mark);
    }
}

/// The panels of w, or of its transpose: those it has, or new ones in the lane's scratch memory.
template <class P, class Real>
typename Precision<P>::Element const* panels(Lane<P>& lane, Packed<Real> const& w, bool transposed) {
    using Element = typename Precision<P>::Element;
    if (auto* known = transposed ? w.transposed_panels : w.panels) return static_cast<Element const*>(known);
    const Strided<Real> b  = transposed ? Strided<Real>(w).transposed() : Strided<Real>(w);
    Element*            to = lane.arena.template take<Element>(1, panels_of<P>(b.rows, b.cols)).data;
    pack_panels<P>(to, b);
    return to;
}

/// dw += xT dy through strips of x's columns, tall ones and a few low ones where those waste fewer rows of a tile.
/// Depth is the rows of x.
template <class P, class Real>
void add_outer(Lane<P>& lane, Mat<Real> dw, Mat<Real const> x, Mat<Real const> dy) {
    using T              = Tile<P>;
    using Element        = typename Precision<P>::Element;
    constexpr int   tall = T::tall, low = 4;
    constexpr Index columns   = 192;  // of x at a time: their strips stay in the second-level cache
    constexpr Index run_limit = 256 * Precision<P>::group;  // a panel fills half the first-level cache
    const auto      mark      = lane.arena.mark();
    const Index     most      = depth_of<P>(std::min(run_limit, x.rows));
    Element*        strips =
        lane.arena.template take<Element>(std::min(columns, x.cols) / low + 1, strip_pitch<low>(most)).data;
    Element* lows  = lane.arena.template take<Element>(3, strip_pitch<low>(most)).data;
    Element* panel = lane.arena.template take<Element>(most, T::width).data;
    for (Index n0 = 0; n0 < x.rows; n0 += run_limit) {
        const Index rows = std::min(run_limit, x.rows - n0), depth = depth_of<P>(rows);
        for (Index k0 = 0; k0 < x.cols; k0 += columns) {
            const Index wide = std::min(columns, x.cols - k0), rest = wide % tall;
            // What is left below the tall strips, or below all but one of them.
            const Index more   = (rest + tall) % low == 0 && wide >= rest + tall ? rest + tall : 0;
            const Index in_low = rest % low == 0 ? rest : more;
            const auto  block  = x.slice(n0, rows).columns(k0, wide);
            pack_strips<P, tall>(strips, block.columns(0, wide - in_low));
            pack_strips<P, low>(lows, block.columns(wide - in_low, in_low));
            for (Index m = 0; m < dy.cols; m += T::width) {
                const Index count = std::min(T::width, dy.cols - m);
                pack_panel<P>(panel, Strided<Real>(dy.slice(n0, rows)), m, count);
                const Soon soon(dy.row(n0) + m + T::width, dy.stride * Precision<P>::group);
                const auto add = [&]<int height>(std::integral_constant<int, height>, Index many, Element* a,
                                                 Real* c) {
                    T::template compute<height, 2, true>(many, depth, a, strip_pitch<height>(depth), height,
                                                         panel, c, dw.stride, c, dw.stride, count, soon);
                };
                Real* c = dw.row(k0) + m;
                add(std::integral_constant<int, tall>{}, wide - in_low, strips, c);
                add(std::integral_constant<int, low>{}, in_low, lows, c + (wide - in_low) * dw.stride);
            }
        }
    }
    lane.arena.release(mark);
}

}  // namespace detail

/// Packs every matrix of `places` in both ways, for products until the weights change. @param panels  room for them
template <class P, class Real>
void pack(Context<P>& ctx, Real* panels, Real const* weights, std::span<PackedPlace const> places) {
    using Element = typename Precision<P>::Element;
    static_assert(sizeof(Element) <= sizeof(Real) * std::size_t(Precision<P>::group));
    ctx.for_slices(int(places.size()), [&](auto&, int i) {
        auto const&         at = places[std::size_t(i)];
        const Strided<Real> w(Mat<Real const>(weights + at.flat, at.rows, at.cols));
        pack_panels<P>(reinterpret_cast<Element*>(panels + at.panels), w);
        pack_panels<P>(reinterpret_cast<Element*>(panels + at.transposed_panels()), w.transposed());
    });
}
/// The same into the context's own room, `size` numbers, which it returns.
template <class P, class Real>
Real const* packed(Context<P>& ctx, Real const* weights, Index, Index size,
                   std::span<PackedPlace const> places) {
    Real* const panels = ctx.panels(size);
    pack(ctx, panels, weights, places);
    return panels;
}

}  // namespace rung::cpu::inline RUNG_ISA
