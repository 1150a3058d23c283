// expect: ClimbOptions::rate: wanted `double operator()(int round, int step) const`
#include <rung/rung.hpp>

using namespace rung;

int main() {
    const WarmupStableDecay steps{1e-3, 10, 200, 100};
#ifdef RUNG_FIXED
    ClimbOptions options{.rate = [=](int, int step) { return steps(step); }};
    options.rate = nullptr;
#else
    ClimbOptions options{.rate = steps};
#endif
    return options.rounds;
}
