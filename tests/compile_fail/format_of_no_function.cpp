// expect: Format: a sine or a square root is written in Plain or in DetailedScratchpad
#include <rung/task/sine.hpp>

#ifdef RUNG_FIXED
static_assert(rung::SineIn<rung::Plain>::vocab > 0);
#else
static_assert(rung::SineIn<rung::Reversed>::vocab > 0);
#endif
