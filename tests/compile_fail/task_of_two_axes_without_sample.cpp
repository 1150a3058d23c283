// expect: Task: add `rung::Example sample(rung::Rng&, rung::Difficulty) const`, for its two axes
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view                alphabet = "01";
    static constexpr std::array<std::string_view, 2> axes{"nodes", "hops"};
#ifdef RUNG_FIXED
    struct Size {
        int nodes = 0, hops = 0;
    };
    rung::Example sample(rung::Rng&, Size) const { return {"0", "1"}; }
#else
    rung::Example sample(rung::Rng&, int) const { return {"0", "1"}; }
#endif
    int longest(rung::Difficulty) const { return 2; }
};
static_assert(rung::explain_task<Mine>::ok);
