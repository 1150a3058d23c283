// expect: Rope: positions are stretched by whole numbers of at least 1
#include <rung/model/position/rope.hpp>

#ifdef RUNG_FIXED
constexpr int stretch = 4;
#else
constexpr int stretch = 0;
#endif
template struct rung::Rope<10'000, 100, stretch>;
