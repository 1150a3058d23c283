// expect: save_pretrained: .width / .heads must be even
#include <rung/io/anatomy.hpp>
#include <rung/model/style/llama.hpp>

#ifdef RUNG_FIXED
constexpr int width = 12;
#else
constexpr int width = 10;
#endif
using Model = rung::Transformer<rung::Shape{.vocab = 13, .context = 32, .width = width, .heads = 2},
                                rung::NoPe, rung::Stacked<2>, rung::Llama>;
auto f() { return rung::anatomy_of<Model>(); }
