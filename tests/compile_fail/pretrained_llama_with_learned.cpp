// expect: save_pretrained: use Rope or NoPe with this style
#include <rung/io/anatomy.hpp>
#include <rung/model/position/learned.hpp>
#include <rung/model/position/rope.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::Rope<>, rung::Stacked<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::Learned, rung::Stacked<2>, rung::Llama>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
