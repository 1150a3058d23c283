// expect: save_pretrained: use Learned, Sinusoidal, Rope or NoPe (GPT-2 and Llama count positions
#include <rung/io/anatomy.hpp>
#include <rung/model/position/coupled.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::Learned, rung::Stacked<2>>;
#else
using Model = rung::Transformer<shape, rung::Abacus<10>, rung::Stacked<2>>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
