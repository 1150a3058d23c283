// expect: Format: a format of one's own needs
#include <rung/task/addition.hpp>
#include <rung/task/multiplication.hpp>

#ifdef RUNG_FIXED
static_assert(rung::MultiplicationIn<rung::ChainOfThought>::vocab > 0);
#else
static_assert(rung::AdditionIn<rung::ChainOfThought>::vocab > 0);
#endif
