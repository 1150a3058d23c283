// expect: Position: add `static constexpr rung::Site site`
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
#ifdef RUNG_FIXED
struct Mine {
    static constexpr rung::Site site = rung::Site::nowhere;
};
#else
struct Mine {};
#endif
template class rung::Transformer<shape, Mine>;
