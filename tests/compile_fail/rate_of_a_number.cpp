// expect: TrainOptions::rate: wanted `double operator()(int step) const`
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
    train(trainer, Reverse{}, Uniform{1, 3}, {.rate = WarmupCosine{.peak = 0.1}});
#else
    train(trainer, Reverse{}, Uniform{1, 3}, {.rate = 0.1});
#endif
}
