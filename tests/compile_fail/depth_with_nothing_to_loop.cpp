// expect: Depth: `before` and `after` count some of the `layers`, and leave at least one to be looped
#include <rung/model/transformer.hpp>

struct Depth {
    static constexpr int layers = 3, passes = 2, before = 1;
#ifdef RUNG_FIXED
    static constexpr int after = 1;
#else
    static constexpr int after = 2;
#endif
    using Inject = rung::NoInjection;
};
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
template class rung::Transformer<shape, rung::NoPe, Depth>;
