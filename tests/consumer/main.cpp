// A stranger's program: the umbrella header, nothing else. A model learns to copy one digit.
#include <rung/rung.hpp>

#include <iostream>

using namespace rung;

inline constexpr Shape shape{.vocab = Copy::vocab, .context = 8, .width = 16, .heads = 2};
struct Copier : Transformer<shape, NoPe, Stacked<2>, Llama> {
    using Transformer::Transformer;
};

int main() {
    cpu::Context ctx{{.seed = 1, .threads = 2}};
    Copier       model{ctx};
    train(ctx, model, Copy{}, Uniform{1, 1}, {.steps = 200, .batch = 32, .peak = 1e-2});
    const Report report = evaluate(ctx, model, Copy{}, {.to = 1, .each = 64});
    std::cout << report;
    return report.at(1).exact_match() > 0.9 ? 0 : 1;
}
