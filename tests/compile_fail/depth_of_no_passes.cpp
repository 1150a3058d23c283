// expect: Depth: its layers and its passes must be at least 1 each
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
#ifdef RUNG_FIXED
    static constexpr int layers = 2, passes = 1;
#else
    static constexpr int layers = 2, passes = 0;
#endif
    using Inject = rung::NoInjection;
};
template class rung::Transformer<shape, rung::NoPe, Mine>;
