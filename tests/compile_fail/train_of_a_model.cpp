// expect: train: wanted a Trainer, Voters, or a context and a model, to begin with
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

using Model = Transformer<Shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2}, NoPe,
                          Stacked<1>, Llama>;

int main() {
    cpu::Context ctx{{}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
#ifdef RUNG_FIXED
    train(trainer, Reverse{}, Uniform{1, 3}, {.steps = 3});
#else
    train(model, Reverse{}, Uniform{1, 3}, {.steps = 3});
#endif
}
