// expect: Corrupt: wanted `std::string operator()(rung::Rng&, rung::Candidate const&, int round) const`
#include <rung/rung.hpp>

using namespace rung;

int main() {
#ifdef RUNG_FIXED
    ClimbOptions options{.corrupt = [](Rng&, Candidate const& label, int) { return label.answer; }};
#else
    ClimbOptions options{.corrupt = [](std::string const& answer) { return answer; }};
#endif
    return options.rounds;
}
