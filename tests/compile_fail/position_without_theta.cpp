// expect: Position: a scheme that acts on query_key needs `static constexpr double theta`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
struct Mine {
    static constexpr rung::Site site  = rung::Site::query_key;
    static constexpr double     theta = 100;
};
#else
struct Mine {
    static constexpr rung::Site site = rung::Site::query_key;
};
#endif
template class rung::Transformer<shape, Mine>;
