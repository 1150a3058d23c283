// expect: Curriculum: add `void observe(rung::Report const&)`
#include <rung/curriculum/curriculum.hpp>

#ifdef RUNG_FIXED
struct Mine {
    int  difficulty(rung::Rng&) const { return 1; }
    void observe(rung::Report const&) {}
    int  hardest() const { return 1; }
};
#else
struct Mine {
    int difficulty(rung::Rng&) const { return 1; }
    int hardest() const { return 1; }
};
#endif
static_assert(rung::explain_curriculum<Mine>::ok);
