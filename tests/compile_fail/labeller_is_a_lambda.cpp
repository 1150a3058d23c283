// expect: a function of the answers is its `.choose`
#include <rung/rung.hpp>

using namespace rung;

int main() {
    const auto last = [](std::vector<Answer> const& answers) { return answers.size() - 1; };
#ifdef RUNG_FIXED
    ClimbOptions options{.labeller = {.samples = 2, .temperature = 1, .choose = last}};
    options.labeller = {.samples = 3, .temperature = 1};
    options.labeller = commonest_of(3, 0.5);
#else
    ClimbOptions options{.labeller = last};
#endif
    return options.rounds;
}
