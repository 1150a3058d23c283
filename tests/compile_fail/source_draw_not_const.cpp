// expect: Source: add `rung::Item draw(rung::Rng&, int step, rung::Answering) const`
#include <rung/data/source.hpp>

struct Mine {
    static constexpr int vocab = 14;
#ifdef RUNG_FIXED
    rung::Item draw(rung::Rng&, int, rung::Answering) const { return {{1, 2}, 1}; }
#else
    rung::Item draw(rung::Rng&, int, rung::Answering) { return {{1, 2}, 1}; }
#endif
    int longest() const { return 2; }
};
static_assert(rung::explain_source<Mine>::ok);
