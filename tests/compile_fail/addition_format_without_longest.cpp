// expect: Format: a format of one's own needs `static constexpr std::string_view alphabet`
#include <rung/task/addition.hpp>

struct Mine {
    static constexpr std::string_view alphabet = "01+=";

    static rung::Example write(std::string_view a, std::string_view b) {
        return {std::string(a), std::string(b)};
    }
#ifdef RUNG_FIXED
    static int longest(int digits) { return 2 * digits; }
#endif
};
static_assert(rung::AdditionIn<Mine>::vocab > 0);
