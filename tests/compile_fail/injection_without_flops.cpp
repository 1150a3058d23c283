// expect: Injection: add `static constexpr double flops` to its Layer
#include <rung/model/depth/looped.hpp>
#include <rung/model/transformer.hpp>

struct Mine {
    template <int C>
    struct Layer {
        static constexpr rung::WeightList<0> weights{};
        static constexpr bool                reads_input = true;
        static constexpr rung::Index         kept        = 0;
#ifdef RUNG_FIXED
        static constexpr double flops = 0;
#endif
        template <class Lane, class Real>
        static rung::Mat<Real> forward(Lane& lane, rung::Entered<Real>&, rung::Mat<Real> state,
                                       rung::Mat<Real> input, rung::Weights<rung::Acc<Real>>) {
            if (state.empty()) return input;
            add(lane, state, input);
            return state;
        }
        template <class Lane, class Real>
        static void backward(Lane& lane, rung::Mat<Real> d, rung::Mat<Real> d_input,
                             rung::Entered<Real> const&, rung::Mat<Real>, rung::Weights<rung::Acc<Real>>,
                             rung::Acc<Real>*) {
            add(lane, d_input, d);
        }
    };
};
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
template class rung::Transformer<shape, rung::NoPe, rung::Looped<2, 1, Mine>>;
