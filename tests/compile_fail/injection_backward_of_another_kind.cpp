// expect: Injection: Layer::backward must take (Lane&, rung::Mat<Real> d, rung::Mat<Real> d_input
#include <rung/rung.hpp>

struct Mine {
    template <int C>
    struct Layer : rung::AddInput::Layer<C> {
#ifndef RUNG_FIXED
        template <class Lane, class Real>
        static void backward(Lane&, rung::Mat<Real>, rung::Mat<Real>) {}
#endif
    };
};
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
using Model = rung::Transformer<shape, rung::NoPe, rung::Looped<2, 1, Mine>>;
void backward(rung::cpu::Lane<float>& lane, float const* w, float* dw, rung::Tape<float> const& tape,
              rung::Sequences const& rows) {
    Model::backward(lane, rung::Weights<float>(w), dw, tape, rows);
}
