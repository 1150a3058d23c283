// expect: Position: a scheme with `features` needs `static double feature(int f, int distance, rung::Mask)`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site     = rung::Site::score;
    static constexpr int        features = 2;
#ifdef RUNG_FIXED
    static double feature(int f, int distance, rung::Mask) { return f == 0 ? 1 : distance; }
#endif
};
template class rung::Transformer<shape, Mine>;
