#pragma once
// Schemes that act on scores: one table of biases per model, made once per forward pass and shared by all its layers
// and passes. A distance is the query's place less the key's: never negative where attention is causal. A scheme says
//
//     static double bias(int head, int heads, int distance);                nothing is learned (alibi.hpp), or
//
//     static constexpr int features = F;                                    a bias is a combination of F features of
//     static double feature(int f, int distance, Mask mask);                the distance, learned per head (t5.hpp), or
//
//     template <Shape S, Mask M> struct Table {                             what no product can make (kerple.hpp,
//         static constexpr BiasBy        by;                                fire.hpp); table and dtable (entries, H)
//         static constexpr WeightList<n> weights;
//         static void forward(lane, Mat<Real> table, Index reach, Weights<Real> w);
//         static void add_backward(lane, Real* dw, Mat<Real const> dtable, Index reach, Weights<Real> w);
//     };

#include <algorithm>

#include "rung/core/constants.hpp"
#include "rung/core/look.hpp"
#include "rung/core/sequences.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/weights.hpp"

namespace rung {

namespace detail {

/// What depends on the distance alone is made for the whole context once; fewer tokens read its middle.
template <Shape S, Mask M, class Lane, class Number>
auto by_distance(Lane& lane, void const* name, Index cols, Index reach, Number number) {
    const auto all = lane.constants(name, entries_of(BiasBy::distance, M, S.context), cols,
                                    [&](Index e, Index c) { return number(int(S.context - 1 - e), int(c)); });
    return all.slice(S.context - reach, entries_of(BiasBy::distance, M, reach));
}

template <class P, Shape S, Mask M>
struct NoTable {
    static constexpr BiasBy        by = BiasBy::distance;
    static constexpr WeightList<0> weights{};
};

template <class P, Shape S, Mask M>
struct FixedTable : NoTable<P, S, M> {
    template <class Lane>
    static auto fixed(Lane& lane, Index reach) {
        return by_distance<S, M>(lane, &name_of<FixedTable>, S.heads, reach,
                                 [](int distance, int h) { return double(P::bias(h, S.heads, distance)); });
    }
};

template <class P, Shape S, Mask M>
struct FeatureTable {
    static constexpr BiasBy        by = BiasBy::distance;
    static constexpr WeightList<1> weights{
        {{.name = "bias", .rows = P::features, .cols = S.heads, .decay = false, .lookup = true}}};

    template <class Lane>
    static auto features(Lane& lane, Index reach) {
        return by_distance<S, M>(lane, &name_of<FeatureTable>, P::features, reach,
                                 [](int distance, int f) { return double(P::feature(f, distance, M)); });
    }
    template <class Lane, class Real>
    static void forward(Lane& lane, Mat<Real> table, Index reach, Weights<Real> w) {
        combine(lane, table, features(lane, reach), weight<FeatureTable>(w, 0));
    }
    template <class Lane, class Real>
    static void add_backward(Lane& lane, Real* dw, Mat<Real const> dtable, Index reach, Weights<Real>) {
        add_combine_backward(lane, weight<FeatureTable>(dw, 0), dtable, features(lane, reach));
    }
};

/// Tokens that tables of biases are made for: as many as the longest sequence has, and a few more, so that most steps
/// are alike.
inline Index reach_of(Sequences const& rows, int context) {
    int longest = 1;
    for (int b = 0; b < rows.count; ++b) longest = std::max(longest, rows.starts[b + 1] - rows.starts[b]);
    return longest > context ? longest : std::min((longest + 15) / 16 * 16, context);
}

template <class P, Shape S, Mask M>
consteval auto table_of() {
    if constexpr (P::site != Site::score) return NoTable<P, S, M>{};
    else if constexpr (HasTable<P>) return typename P::template Table<S, M>{};
    else if constexpr (HasFeatures<P>) return FeatureTable<P, S, M>{};
    else return FixedTable<P, S, M>{};
}

}  // namespace detail

/// What a scheme tells attention: nothing, unless it acts on scores.
template <class P, Shape S, Mask M>
struct ScoreBias {
    using Table                   = decltype(detail::table_of<P, S, M>());
    static constexpr auto weights = Table::weights;
    static constexpr bool there = P::site == Site::score, learns = !weights.empty();
    static constexpr Mask mask = M;

    /// Of a table and its gradient for sequences of at most `reach` tokens.
    static constexpr Index numbers(Index reach) {
        return learns ? 2 * entries_of(Table::by, M, reach) * S.heads : 0;
    }

    /// A table for sequences of at most `reach` tokens, in the lane's scratch memory or for ever.
    template <class Lane, class Real>
    static Look<Real> forward(Lane& lane, Index reach, Weights<Real> w) {
        Look<Real> look;
        look.mask = M, look.by = Table::by, look.reach = reach;
        if constexpr (there) {
            RUNG_CHECK(reach <= S.context, "Transformer: tokens of a sequence; got ", reach,
                       ", wanted at most ", S.context, ", the context");
            if constexpr (learns) {
                const auto table = scratch<Real>(lane, reach);
                Table::forward(lane, table, reach, w);
                look.bias = table;
            } else {
                look.bias = Table::fixed(lane, reach);
            }
        }
        return look;
    }
    /// Zeros for attention to add the gradient of the table to; empty where nothing is learned.
    template <class Lane, class Real>
    static Mat<Real> gradient(Lane& lane, Look<Real> const& look) {
        if constexpr (!learns) return {};
        const auto d = scratch<Real>(lane, look.reach);
        fill(lane, d, 0);
        return d;
    }
    /// dw += what the gradient of the table makes of it.
    template <class Lane, class Real>
    static void add_backward(Lane& lane, Real* dw, Mat<Real> dtable, Look<Real> const& look,
                             Weights<Real> w) {
        if constexpr (learns) Table::add_backward(lane, dw, Mat<Real const>(dtable), look.reach, w);
    }

private:
    template <class Real, class Lane>
    static Mat<Real> scratch(Lane& lane, Index reach) {
        return lane.arena.template take<Real>(entries_of(Table::by, M, reach), S.heads);
    }
};

}  // namespace rung
