// expect: train: each of the voters has a curriculum of its own, so a Lesson must hold one
#include <rung/curriculum/grow_when_mastered.hpp>
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

using Model = Transformer<Shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2}, NoPe,
                          Stacked<1>, Llama>;

int main() {
    cpu::Context     ctx{{}};
    auto             voters = make_voters<Model>(ctx, 2);
    GrowWhenMastered grow{{.limit = 5}};
#ifdef RUNG_FIXED
    train(voters, Lesson{Reverse{}, GrowWhenMastered{grow}}, {.steps = 10, .test_every = 5});
#else
    train(voters, Lesson{Reverse{}, grow}, {.steps = 10, .test_every = 5});
#endif
}
