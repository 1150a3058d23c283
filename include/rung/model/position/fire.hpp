#pragma once
// FIRE (Li et al., ICLR 2024): a small network of the distance relative to the query's place, so that longer sequences
// look like those it was trained on. Its table has an entry for every pair of places.

#include "rung/backend/fire.hpp"
#include "rung/model/position/position.hpp"
#include "rung/model/weights.hpp"

namespace rung {

/// @tparam Width      of the hidden layer
/// @tparam Threshold  place from which on distances are relative to begin with; it is learned
template <int Width = 32, int Threshold = 512>
struct Fire {
    static_assert(Width > 0 && Threshold > 0,
                  "Fire: width and threshold must be positive (32 and 512 are usual)");
    static constexpr Site site = Site::score;

    template <Shape S, Mask M>
    struct Table {
        static constexpr BiasBy    by = BiasBy::pair;
        static constexpr FireUnits units{.threshold = float(Threshold)};
        enum Weight { scales, in, in_bias, out };
        // None is multiplied by what a batch brings, so none is packed.
        static constexpr WeightList<4> weights{{
            {.name = "scales", .rows = 1, .cols = 2, .init = Init::ones, .decay = false, .lookup = true},
            {.name = "in", .rows = 1, .cols = Width, .init = Init::fan_in, .decay = false, .lookup = true},
            {.name   = "in_bias",
             .rows   = 1,
             .cols   = Width,
             .init   = Init::fan_in,
             .decay  = false,
             .lookup = true},
            {.name   = "out",
             .rows   = Width,
             .cols   = S.heads,
             .init   = Init::fan_in,
             .decay  = false,
             .lookup = true},
        }};

        /// Of weights, or of their gradients.
        template <class Real>
        static FireNet<Real> net(auto w) {
            return {weight<Table>(w, scales), weight<Table>(w, in), weight<Table>(w, in_bias),
                    weight<Table>(w, out)};
        }
        template <class Lane, class Real>
        static void forward(Lane& lane, Mat<Real> table, Index reach, Weights<Real> w) {
            fire(lane, table, net<Real const>(w), units, reach, M);
        }
        template <class Lane, class Real>
        static void add_backward(Lane& lane, Real* dw, Mat<Real const> dtable, Index reach, Weights<Real> w) {
            add_fire_backward(lane, net<Real>(dw), dtable, net<Real const>(w), units, reach, M);
        }
    };
};

}  // namespace rung
