// expect: LabelSchedule: wanted `std::vector<rung::Target> operator()(rung::Turn const&) const`
#include <rung/rung.hpp>

using namespace rung;

int main() {
#ifdef RUNG_FIXED
    ClimbOptions options{.schedule = [](Turn const& turn) { return std::vector<Target>{{turn.level + 4}}; }};
#else
    ClimbOptions options{.schedule = [](int level) { return Difficulty(level + 4); }};
#endif
    return options.rounds;
}
