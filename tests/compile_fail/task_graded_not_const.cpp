// expect: Task: make it `bool graded(std::string_view text) const`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01";
    rung::Example                     sample(rung::Rng&, int) const { return {}; }
    int                               longest(int) const { return 0; }
#ifdef RUNG_FIXED
    bool graded(std::string_view text) const { return !text.empty(); }
#else
    bool graded(std::string_view text) { return !text.empty(); }
#endif
};
static_assert(rung::explain_task<Mine>::ok);
