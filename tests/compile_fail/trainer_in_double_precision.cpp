// expect: Trainer: weights are single precision
#include <rung/backend/cpu/cpu.hpp>
#include <rung/train/trainer.hpp>

#ifdef RUNG_FIXED
using Real = float;
#else
using Real = double;
#endif
using Model =
    rung::Transformer<rung::Shape{.vocab = 5, .context = 32, .width = 8}, rung::NoPe, rung::Stacked<1>>;
template class rung::Trainer<rung::cpu::Context<Real>, Model>;
