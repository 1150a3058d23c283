// expect: Style: norms is a `static constexpr rung::Norms`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine : rung::Gpt {
#ifdef RUNG_FIXED
    static constexpr rung::Norms norms = rung::Norms::after;
#else
    static constexpr int norms = 1;
#endif
};
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
