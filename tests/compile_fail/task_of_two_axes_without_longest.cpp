// expect: Task: add `int longest(rung::Difficulty) const`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view                alphabet = "01";
    static constexpr std::array<std::string_view, 2> axes{"nodes", "hops"};
    rung::Example sample(rung::Rng&, rung::Difficulty) const { return {"0", "1"}; }
#ifdef RUNG_FIXED
    int longest(rung::Difficulty) const { return 2; }
#else
    int longest(rung::Difficulty) { return 2; }
#endif
};
static_assert(rung::explain_task<Mine>::ok);
