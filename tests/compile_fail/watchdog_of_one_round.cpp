// expect: Watchdog: wanted `rung::Advice operator()(rung::Round const&, std::vector<rung::Round> const&)
#include <rung/rung.hpp>

using namespace rung;

int main() {
#ifdef RUNG_FIXED
    ClimbOptions options{.watchdog = [](Round const&, std::vector<Round> const&) { return Advice{}; }};
#else
    ClimbOptions options{.watchdog = [](Round const&) { return Ruling::hold; }};
#endif
    return options.rounds;
}
