// expect: Shape: .vocab must be vocab_size<Task>()
#include <rung/backend/cpu/cpu.hpp>
#include <rung/eval/evaluate.hpp>
#include <rung/task/copy.hpp>

#ifdef RUNG_FIXED
constexpr int vocab = rung::Copy::vocab;
#else
constexpr int vocab = 12;
#endif
using Model =
    rung::Transformer<rung::Shape{.vocab = vocab, .context = 32, .width = 8}, rung::NoPe, rung::Stacked<1>>;
rung::Report f(rung::cpu::Context<float>& ctx, Model const& model) {
    return evaluate(ctx, model, rung::Copy{}, {});
}
