// expect: Rope: the second number is the percentage of channels that turn
#include <rung/model/position/rope.hpp>

#ifdef RUNG_FIXED
constexpr int percent = 50;
#else
constexpr int percent = 0;
#endif
template struct rung::Rope<10'000, percent>;
