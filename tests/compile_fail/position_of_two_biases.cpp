// expect: Position: a scheme has one of `bias`, `features` and `Table`, and acts on score
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site = rung::Site::score;
#ifndef RUNG_FIXED
    static constexpr int features = 1;
    static double        feature(int, int distance, rung::Mask) { return distance; }
#endif
    static double bias(int, int, int distance) { return -distance; }
};
template class rung::Transformer<shape, Mine>;
