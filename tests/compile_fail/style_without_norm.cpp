// expect: Style: add `template <int C> using Norm`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
struct Mine : rung::Gpt {};
#else
struct Mine {};
#endif
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
