// expect: self_improve: add to the first set `rung::Difficulty hardest() const`
#include <rung/curriculum/collect.hpp>
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
    self_improve(trainer, Reverse{}, Lesson{Reverse{}, Uniform{1, 3}}, NoFilter{}, {});
#else
    self_improve(trainer, Reverse{}, collect(Reverse{}, Uniform{1, 3}, {.count = 30}), NoFilter{}, {});
#endif
}
