// expect: save_pretrained: use Learned, Sinusoidal or NoPe with this style
#include <rung/io/anatomy.hpp>
#include <rung/model/position/learned.hpp>
#include <rung/model/position/rope.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::Learned, rung::Stacked<2>>;
#else
using Model = rung::Transformer<shape, rung::Rope<>, rung::Stacked<2>>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
