// expect: save_pretrained: leave out .kv_heads with this style
#include <rung/io/anatomy.hpp>

#ifdef RUNG_FIXED
constexpr int kv_heads = 0;
#else
constexpr int kv_heads = 1;
#endif
constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2, .kv_heads = kv_heads};
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>>;
auto f() { return rung::anatomy_of<Model>(); }
