// expect: Labeller: wanted greedy_label() or another, or one whose members are named
#include <rung/rung.hpp>

using namespace rung;

int main() {
    ClimbOptions options;
#ifdef RUNG_FIXED
    options.labeller.choose = [](std::vector<Answer> const& answers) { return answers.size() - 1; };
#else
    options.labeller = [](std::vector<Answer> const& answers) { return answers.size() - 1; };
#endif
    return options.rounds;
}
