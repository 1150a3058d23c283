// expect: save_pretrained: use Learned, Sinusoidal, Rope or NoPe (GPT-2 and Llama add no biases
#include <rung/io/anatomy.hpp>
#include <rung/model/position/alibi.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::Alibi, rung::Stacked<2>, rung::Llama>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
