// expect: self_improve: wanted, before the options, a curriculum and a filter
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
    self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, {.rounds = 3});
#else
    self_improve(trainer, Reverse{}, Uniform{1, 3}, {.rounds = 3});
#endif
}
