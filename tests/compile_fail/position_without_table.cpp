// expect: Position: a scheme's `template <rung::Shape S, rung::Mask M> struct Table` needs
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site = rung::Site::score;
    template <rung::Shape S, rung::Mask M>
    struct Table {
#ifdef RUNG_FIXED
        static constexpr rung::BiasBy        by = rung::BiasBy::pair;
        static constexpr rung::WeightList<1> weights{{{.name = "bias", .rows = 1, .cols = S.heads}}};
        static void                          forward() {}
        static void                          add_backward() {}
#endif
    };
};
template class rung::Transformer<shape, Mine>;
