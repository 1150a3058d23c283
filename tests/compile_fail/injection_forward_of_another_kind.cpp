// expect: Injection: Layer::forward must take (Lane&, rung::Entered<Real>&, rung::Mat<Real> state
#include <rung/rung.hpp>

struct Mine {
    template <int C>
    struct Layer : rung::AddInput::Layer<C> {
#ifndef RUNG_FIXED
        template <class Lane, class Real>
        static rung::Mat<Real> forward(Lane&, rung::Mat<Real> state, rung::Mat<Real>) {
            return state;
        }
#endif
    };
};
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
using Model = rung::Transformer<shape, rung::NoPe, rung::Looped<2, 1, Mine>>;
void forward(rung::cpu::Lane<float>& lane, float const* w, rung::Sequences const& rows) {
    Model::forward(lane, w, rows);
}
