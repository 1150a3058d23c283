// expect: Mixture: a curriculum that moves on by the scores of tests would never move on
#include <rung/data/mixture.hpp>
#include <rung/rung.hpp>

using namespace rung;
#ifdef RUNG_FIXED
Mixture mixture{{1}, Lesson{Copy{}, Uniform{1, 3}}};
#else
Mixture mixture{{1}, Lesson{Copy{}, GrowWhenMastered{{.limit = 3}}}};
#endif
