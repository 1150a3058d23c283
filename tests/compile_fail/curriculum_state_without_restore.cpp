// expect: Curriculum: add `void restore(std::string_view)`, which takes back what `state` told
#include <rung/curriculum/curriculum.hpp>

struct Mine {
    int         difficulty(rung::Rng&) const { return 1; }
    void        observe(rung::Report const&) {}
    int         hardest() const { return 1; }
    std::string state() const { return "1"; }
#ifdef RUNG_FIXED
    void restore(std::string_view) {}
#endif
};
static_assert(rung::explain_curriculum<Mine>::ok);
