// expect: Task: make it `int place(std::string_view text) const`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01";
    rung::Example                     sample(rung::Rng&, int) const { return {}; }
    int                               longest(int) const { return 0; }
#ifdef RUNG_FIXED
    int place(std::string_view text) const { return int(text.size()); }
#else
    int place(std::string_view text) { return int(text.size()); }
#endif
};
static_assert(rung::explain_task<Mine>::ok);
