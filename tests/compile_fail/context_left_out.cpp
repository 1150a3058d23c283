// expect: Shape: .context must be positive (was it left out?)
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64};
#else
constexpr rung::Shape shape{.vocab = 12, .width = 64};
#endif
template class rung::Transformer<shape>;
