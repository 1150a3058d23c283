// expect: Depth: add `static constexpr int layers`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
#ifdef RUNG_FIXED
    static constexpr int layers = 2;
#endif
    static constexpr int passes = 1;
    using Inject                = rung::NoInjection;
};
template class rung::Transformer<shape, rung::NoPe, Mine>;
