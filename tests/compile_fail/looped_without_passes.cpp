// expect: Looped: the number of passes must be at least 1
#include <rung/model/depth/looped.hpp>

#ifdef RUNG_FIXED
constexpr int passes = 1;
#else
constexpr int passes = 0;
#endif
template struct rung::Looped<passes>;
