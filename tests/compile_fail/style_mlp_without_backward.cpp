// expect: Mlp: add `backward`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
template <int C, int F>
struct HalfAnMlp {
    static constexpr rung::WeightList<0> weights{};
    static constexpr rung::Index         before = 0, after = 0;
    static constexpr double              flops = 0;
    template <class... Any>
    static void add_forward(Any const&...) {}
#ifdef RUNG_FIXED
    template <class... Any>
    static void backward(Any const&...) {}
#endif
};
struct Mine : rung::Gpt {
    template <int C, int F>
    using Mlp = HalfAnMlp<C, F>;
};
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
