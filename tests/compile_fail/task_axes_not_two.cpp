// expect: Task: make `axes` a `static constexpr std::array<std::string_view, 2>`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01";
#ifdef RUNG_FIXED
    static constexpr std::array<std::string_view, 2> axes{"nodes", "hops"};
#else
    static constexpr std::array<std::string_view, 1> axes{"nodes"};
#endif
    rung::Example sample(rung::Rng&, rung::Difficulty) const { return {"0", "1"}; }
    int           longest(rung::Difficulty) const { return 2; }
};
static_assert(rung::explain_task<Mine>::ok);
