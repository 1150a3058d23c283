// expect: save_pretrained: put norms before a block's functions
#include <rung/io/anatomy.hpp>
#include <rung/model/style/llama.hpp>

constexpr rung::Shape shape{.vocab = 13, .context = 32, .width = 16, .heads = 2};
struct Mine : rung::Llama {
    static constexpr rung::Norms norms = rung::Norms::around;
};
#ifdef RUNG_FIXED
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>, rung::Llama>;
#else
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<2>, Mine>;
#endif
auto f() { return rung::anatomy_of<Model>(); }
