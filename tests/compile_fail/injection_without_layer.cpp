// expect: Injection: add `template <int C> struct Layer` with `weights`, `reads_input`, `kept`, `flops`, `forward` and
#include <rung/model/depth/looped.hpp>
#include <rung/model/transformer.hpp>

struct Mine {
#ifdef RUNG_FIXED
    template <int C>
    using Layer = rung::AddInput::Layer<C>;
#endif
};
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
template class rung::Transformer<shape, rung::NoPe, rung::Looped<2, 1, Mine>>;
