// expect: IndexHints: of a format of one line
#include <rung/task/addition.hpp>
#include <rung/task/scratchpad.hpp>
#ifdef RUNG_FIXED
const rung::AdditionIn<rung::IndexHints<rung::Plain>> task;
#else
const rung::AdditionIn<rung::IndexHints<rung::SimplifiedScratchpad>> task;
#endif
