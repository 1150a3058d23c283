// expect: Shaped: the weight must be callable as `double weight(rung::Difficulty, int step) const`
#include <rung/curriculum/shaped.hpp>

#ifdef RUNG_FIXED
rung::Shaped shaped{1, 5, [](int difficulty, int step) { return double(difficulty + step); }};
#else
rung::Shaped shaped{1, 5, [](int difficulty) { return double(difficulty); }};
#endif
