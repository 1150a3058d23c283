// expect: Shape: .hidden must not be negative
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
#else
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .hidden = -1};
#endif
template class rung::Transformer<shape>;
