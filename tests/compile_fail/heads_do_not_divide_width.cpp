// expect: Shape: .width must be a multiple of .heads
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr int heads = 4;
#else
constexpr int heads = 5;
#endif
template class rung::Transformer<rung::Shape{.vocab = 12, .context = 32, .width = 64, .heads = heads}>;
