// expect: Task: make it `bool correct(rung::Example const& truth, std::string_view answer) const`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01";
    rung::Example                     sample(rung::Rng&, int) const { return {"0", "1"}; }
    int                               longest(int) const { return 2; }
#ifdef RUNG_FIXED
    bool correct(rung::Example const&, std::string_view) const { return true; }
#else
    bool correct(rung::Example const&, std::string_view) { return true; }
#endif
};
static_assert(rung::explain_task<Mine>::ok);
