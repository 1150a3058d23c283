// expect: Depth: add `static constexpr int passes`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
struct Mine {
    static constexpr int layers = 2, passes = 1;
    using Inject = rung::NoInjection;
};
#else
struct Mine {
    static constexpr int layers = 2;
    using Inject                = rung::NoInjection;
};
#endif
template class rung::Transformer<shape, rung::NoPe, Mine>;
