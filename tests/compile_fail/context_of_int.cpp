// expect: cpu::Context: the precision is float, bf16 or double
#include <rung/backend/cpu/cpu.hpp>

#ifdef RUNG_FIXED
template class rung::cpu::Context<rung::bf16>;
#else
template class rung::cpu::Context<int>;
#endif
