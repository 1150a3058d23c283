// expect: decode: wanted a list of prompts: decode(ctx, model, task, {
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

using Model = Transformer<Shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2}, NoPe,
                          Stacked<1>, Llama>;

int main() {
    cpu::Context ctx{{}};
    Model        model{ctx};
#ifdef RUNG_FIXED
    decode(ctx, model, Reverse{}, {"12="}, {.limit = 3});
#else
    decode(ctx, model, Reverse{}, "12=", {.limit = 3});
#endif
}
