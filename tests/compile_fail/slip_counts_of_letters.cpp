// expect: SlipCounts: a task of two numbers
#include <rung/eval/slip_counts.hpp>
#include <rung/task/addition.hpp>
#include <rung/task/copy.hpp>
#ifdef RUNG_FIXED
const rung::SlipCounts<rung::Addition> slips;
#else
const rung::SlipCounts<rung::Copy> slips;
#endif
