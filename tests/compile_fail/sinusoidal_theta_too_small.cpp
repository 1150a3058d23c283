// expect: Sinusoidal: theta must be at least 2
#include <rung/model/position/sinusoidal.hpp>

#ifdef RUNG_FIXED
constexpr int theta = 10'000;
#else
constexpr int theta = 1;
#endif
template struct rung::Sinusoidal<theta>;
