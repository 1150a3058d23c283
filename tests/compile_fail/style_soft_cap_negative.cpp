// expect: Style: soft_cap must be at least 0
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine : rung::Gpt {
#ifdef RUNG_FIXED
    static constexpr double soft_cap = 30;
#else
    static constexpr double soft_cap = -30;
#endif
};
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
