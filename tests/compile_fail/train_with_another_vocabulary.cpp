// expect: Shape: .vocab must be vocab_size<Task>()
#include <rung/backend/cpu/cpu.hpp>
#include <rung/curriculum/uniform.hpp>
#include <rung/experiment/train.hpp>
#include <rung/task/copy.hpp>

#ifdef RUNG_FIXED
constexpr int vocab = rung::Copy::vocab;
#else
constexpr int vocab = 12;
#endif
using Model =
    rung::Transformer<rung::Shape{.vocab = vocab, .context = 32, .width = 8}, rung::NoPe, rung::Stacked<1>>;
double f(rung::cpu::Context<float>& ctx, Model& model) {
    return train(ctx, model, rung::Copy{}, rung::Uniform{1, 2}, {.steps = 1});
}
