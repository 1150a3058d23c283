// expect: Position: a scheme with `draw` needs `static constexpr int rows(int context)`
#include <rung/model/position/learned.hpp>
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine : rung::Learned {
    static void draw(std::span<int> rows, rung::Phase, rung::Rng&) { rows[0] = 1; }
#ifdef RUNG_FIXED
    static constexpr int rows(int context) { return context; }
#endif
};
template class rung::Transformer<shape, Mine>;
