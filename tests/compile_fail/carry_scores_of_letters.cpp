// expect: CarryScores: a task of two numbers
#include <rung/eval/carry_scores.hpp>
#include <rung/task/addition.hpp>
#include <rung/task/parity.hpp>
#ifdef RUNG_FIXED
const rung::CarryScores<rung::Addition> scores;
#else
const rung::CarryScores<rung::Parity> scores;
#endif
