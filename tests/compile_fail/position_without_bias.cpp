// expect: Position: a scheme that acts on score needs `static double bias(int head, int heads, int distance)`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site = rung::Site::score;
#ifdef RUNG_FIXED
    static double bias(int, int, int distance) { return -distance; }
#endif
};
template class rung::Transformer<shape, Mine>;
