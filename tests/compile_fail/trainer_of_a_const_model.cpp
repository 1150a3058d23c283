// expect: Trainer: the model is const, and could not learn
#include <rung/rung.hpp>
#include <rung/task/reverse.hpp>

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 32, .width = 16, .heads = 2};
struct Mine : Transformer<shape, NoPe, Stacked<1>, Llama> {
    using Transformer::Transformer;
};

int main() {
    cpu::Context ctx{{}};
#ifdef RUNG_FIXED
    Mine model{ctx};
#else
    const Mine model{ctx};
#endif
    Trainer trainer{ctx, model};
}
