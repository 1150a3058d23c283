// expect: Stacked: the number of layers must be at least 1
#include <rung/model/depth/stacked.hpp>

#ifdef RUNG_FIXED
constexpr int layers = 1;
#else
constexpr int layers = 0;
#endif
template struct rung::Stacked<layers>;
