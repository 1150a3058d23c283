// expect: save_pretrained: use a style with LayerNorm and a plain MLP
#include <rung/io/anatomy.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
struct Mine : rung::Llama {
    template <int C, int F>
    using Mlp = rung::ReluMlp<C, F, false>;
};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>, Mine>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
