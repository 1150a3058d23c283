// expect: Shape: .vocab must be at least 2 (was it left out?)
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
#else
constexpr rung::Shape shape{.context = 32, .width = 64};
#endif
template class rung::Transformer<shape>;
