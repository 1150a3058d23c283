// expect: the context comes first, then the model: evaluate(ctx, model, ...)
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2};
struct Mine : Transformer<shape, NoPe, Stacked<1>, Llama> {
    using Transformer::Transformer;
};

int main() {
    cpu::Context ctx{{}};
    Mine         model{ctx};
#ifdef RUNG_FIXED
    evaluate(ctx, model, Reverse{}, {.to = 2});
#else
    evaluate(model, ctx, Reverse{}, {.to = 2});
#endif
}
