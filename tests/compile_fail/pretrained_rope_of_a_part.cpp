// expect: save_pretrained: turn all channels
#include <rung/io/anatomy.hpp>
#include <rung/model/position/rope.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::Rope<>, rung::Stacked<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::Rope<10000, 50>, rung::Stacked<2>, rung::Llama>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
