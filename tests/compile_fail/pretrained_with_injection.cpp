// expect: save_pretrained: use NoInjection
#include <rung/io/anatomy.hpp>
#include <rung/model/depth/looped.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::NoPe, rung::Looped<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::NoPe, rung::Looped<2, 1, rung::AddInput>, rung::Llama>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
