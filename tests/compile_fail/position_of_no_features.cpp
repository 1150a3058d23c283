// expect: Position: `features` must be at least 1
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site = rung::Site::score;
#ifdef RUNG_FIXED
    static constexpr int features = 1;
#else
    static constexpr int features = 0;
#endif
    static double feature(int, int distance, rung::Mask) { return distance; }
};
template class rung::Transformer<shape, Mine>;
