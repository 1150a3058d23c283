// expect: Format: `write(a, b)` writes sums
#include <rung/task/addition.hpp>
#include <rung/task/subtraction.hpp>

struct Colon {
    static constexpr std::string_view alphabet = "0123456789+:";
    static rung::Example              write(std::string_view a, std::string_view b) {
                     return {std::string(a) + "+" + std::string(b) + ":", rung::digits::add(a, b)};
    }
    static constexpr int longest(int digits) { return 3 * digits + 3; }
};
#ifdef RUNG_FIXED
static_assert(rung::AdditionIn<Colon>::vocab > 0);
#else
static_assert(rung::SubtractionIn<Colon>::vocab > 0);
#endif
