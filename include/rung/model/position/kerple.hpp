#pragma once
// KERPLE, the logarithmic variant (Chi et al., NeurIPS 2022): -r1 log(1 + r2 distance) per head. The rates are learned
// as their logarithms, which keeps them positive; both start at 1.

#include "rung/model/position/position.hpp"
#include "rung/model/weights.hpp"

namespace rung {

struct Kerple {
    static constexpr Site site = Site::score;

    template <Shape S, Mask M>
    struct Table {
        static constexpr BiasBy        by = BiasBy::distance;
        static constexpr WeightList<1> weights{{{.name   = "log_rates",
                                                 .rows   = 2,
                                                 .cols   = S.heads,
                                                 .init   = Init::zeros,
                                                 .decay  = false,
                                                 .lookup = true}}};

        template <class Lane, class Real>
        static void forward(Lane& lane, Mat<Real> table, Index reach, Weights<Real> w) {
            kerple(lane, table, weight<Table>(w, 0), reach);
        }
        template <class Lane, class Real>
        static void add_backward(Lane& lane, Real* dw, Mat<Real const> dtable, Index reach, Weights<Real> w) {
            add_kerple_backward(lane, weight<Table>(dw, 0), dtable, weight<Table>(w, 0), reach);
        }
    };
};

}  // namespace rung
