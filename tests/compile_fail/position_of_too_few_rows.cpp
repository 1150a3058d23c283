// expect: Position: `rows` must be at least .context
#include <rung/model/position/learned.hpp>
#include <rung/model/position/randomised.hpp>
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
template class rung::Transformer<shape, rung::Randomised<rung::Learned, 32>>;
#else
template class rung::Transformer<shape, rung::Randomised<rung::Learned, 31>>;
#endif
