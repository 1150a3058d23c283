// expect: Shape: .heads must be a multiple of .kv_heads
#include <rung/model/transformer.hpp>

#ifdef RUNG_FIXED
constexpr int kv_heads = 2;
#else
constexpr int kv_heads = 3;
#endif
constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4, .kv_heads = kv_heads};
template class rung::Transformer<shape>;
