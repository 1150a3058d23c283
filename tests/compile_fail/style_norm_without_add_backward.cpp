// expect: Norm: add `add_backward`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
template <int C>
struct HalfANorm {
    static constexpr rung::WeightList<0> weights{};
    static constexpr rung::Index         stats = 0;
    template <class... Any>
    static void forward(Any const&...) {}
#ifdef RUNG_FIXED
    template <class... Any>
    static void add_backward(Any const&...) {}
#endif
};
struct Mine : rung::Gpt {
    template <int C>
    using Norm = HalfANorm<C>;
};
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
