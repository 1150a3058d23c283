// expect: Position: `theta` must be above 1, `percent` 1 to 100, `stretch` and `ntk` above 0
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine {
    static constexpr rung::Site site  = rung::Site::query_key;
    static constexpr double     theta = 10'000;
#ifdef RUNG_FIXED
    static constexpr int percent = 50;
#else
    static constexpr int percent = 300;
#endif
};
template class rung::Transformer<shape, Mine>;
