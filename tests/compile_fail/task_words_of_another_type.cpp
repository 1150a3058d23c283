// expect: Task: make `words` a `static constexpr std::array<std::string_view, n>`
#include <rung/task/task.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01";
#ifdef RUNG_FIXED
    static constexpr auto const& words = rung::number_words<10, 11>;
#else
    static constexpr int words = 11;
#endif
    rung::Example sample(rung::Rng&, int) const { return {"0", "1"}; }
    int           longest(int) const { return 2; }
};
static_assert(rung::explain_task<Mine>::ok);
