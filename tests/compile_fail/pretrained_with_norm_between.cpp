// expect: save_pretrained: leave out NormBetween
#include <rung/io/anatomy.hpp>
#include <rung/model/depth/adaptors.hpp>
#include <rung/model/depth/looped.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::NoPe, rung::Looped<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::NoPe, rung::NormBetween<rung::Looped<2>>, rung::Llama>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
