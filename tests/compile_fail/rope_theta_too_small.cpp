// expect: Rope: theta must be at least 2
#include <rung/model/position/rope.hpp>

#ifdef RUNG_FIXED
constexpr int theta = 10'000;
#else
constexpr int theta = 1;
#endif
template struct rung::Rope<theta>;
