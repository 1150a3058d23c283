// expect: ByOperand: a task of two numbers
#include <rung/task/addition.hpp>
#include <rung/task/copy.hpp>
#ifdef RUNG_FIXED
const rung::ByOperand<rung::Addition> task;
#else
const rung::ByOperand<rung::Copy> task;
#endif
