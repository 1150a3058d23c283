// expect: Task: add `rung::Example sample(rung::Rng&, int difficulty) const` (is yours missing the final const?)
#include <rung/task/task.hpp>

#ifdef RUNG_FIXED
struct Mine {
    static constexpr std::string_view alphabet = "01";
    rung::Example                     sample(rung::Rng&, int) const { return {"0", "1"}; }
    int                               longest(int) const { return 2; }
};
#else
struct Mine {
    static constexpr std::string_view alphabet = "01";
    rung::Example                     sample(rung::Rng&, int) { return {"0", "1"}; }
    int                               longest(int) const { return 2; }
};
#endif
static_assert(rung::explain_task<Mine>::ok);
