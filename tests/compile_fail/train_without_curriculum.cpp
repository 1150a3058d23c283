// expect: then a task and a curriculum, or a source of examples, and the options
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

using Model = Transformer<Shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2}, NoPe,
                          Stacked<1>, Llama>;

int main() {
    cpu::Context ctx{{}};
    Model        model{ctx};
#ifdef RUNG_FIXED
    train(ctx, model, Reverse{}, Uniform{1, 3}, {.steps = 3});
#else
    train(ctx, model, Reverse{}, {.steps = 3});
#endif
}
