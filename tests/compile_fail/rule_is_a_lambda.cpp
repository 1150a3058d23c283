// expect: a lambda has no name that tells it from another
#include <rung/eval/exit/exit.hpp>

struct Twice {
    int operator()(std::string_view prompt) const { return 2 * int(prompt.size()); }
};
#ifdef RUNG_FIXED
rung::Oracle rule{Twice{}};
#else
rung::Oracle rule{[](std::string_view prompt) { return 2 * int(prompt.size()); }};
#endif
std::string name = rule.name();
