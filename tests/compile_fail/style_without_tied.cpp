// expect: Style: add `static constexpr bool tied`
#include <rung/model/style/llama.hpp>
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    template <int C>
    using Norm = rung::RmsNorm<C>;
    template <int C, int F>
    using Mlp                    = rung::SwiGlu<C, F>;
    static constexpr bool biased = false;
#ifdef RUNG_FIXED
    static constexpr bool tied = false;
#endif
    static rung::InitScale init(int) { return {0.02, 1}; }
};
template class rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Mine>;
