// expect: Position: a scheme's Table that has weights needs `forward` and `add_backward`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site = rung::Site::score;
    template <rung::Shape S, rung::Mask>
    struct Table {
        static constexpr rung::BiasBy        by = rung::BiasBy::distance;
        static constexpr rung::WeightList<1> weights{{{.name = "slope", .rows = 1, .cols = S.heads}}};
        template <class... Any>
        static void forward(Any const&...) {}
#ifdef RUNG_FIXED
        template <class... Any>
        static void add_backward(Any const&...) {}
#endif
    };
};
template class rung::Transformer<shape, Mine>;
