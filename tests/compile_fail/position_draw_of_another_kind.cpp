// expect: Position: make it `static void draw(std::span<int> rows, rung::Phase, rung::Rng&)`
#include <rung/model/position/learned.hpp>
#include <rung/model/transformer.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Mine : rung::Learned {
    static constexpr int rows(int context) { return context; }
#ifdef RUNG_FIXED
    static void draw(std::span<int> rows, rung::Phase, rung::Rng&) { rows[0] = 1; }
#else
    static void draw(std::span<int> rows, rung::Rng&) { rows[0] = 1; }
#endif
};
template class rung::Transformer<shape, Mine>;
