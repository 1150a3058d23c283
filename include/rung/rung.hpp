#pragma once
// Everything a CPU experiment needs.

#if __cplusplus < 202002L
#error "rung needs C++20: add -std=c++20"
#else

#include "rung/backend/cpu/cpu.hpp"
#include "rung/curriculum/filter.hpp"
#include "rung/curriculum/grow_when_mastered.hpp"
#include "rung/curriculum/uniform.hpp"
#include "rung/eval/evaluate.hpp"
#include "rung/experiment/self_improve.hpp"
#include "rung/experiment/train.hpp"
#include "rung/model/depth/adaptors.hpp"
#include "rung/model/depth/looped.hpp"
#include "rung/model/depth/prelude_core_coda.hpp"
#include "rung/model/depth/stacked.hpp"
#include "rung/model/position/alibi.hpp"
#include "rung/model/position/coupled.hpp"
#include "rung/model/position/fire.hpp"
#include "rung/model/position/kerple.hpp"
#include "rung/model/position/learned.hpp"
#include "rung/model/position/nope.hpp"
#include "rung/model/position/randomised.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/position/sinusoidal.hpp"
#include "rung/model/position/t5.hpp"
#include "rung/model/position/window.hpp"
#include "rung/model/style/gpt.hpp"
#include "rung/model/style/llama.hpp"
#include "rung/model/transformer.hpp"
#include "rung/task/addition.hpp"
#include "rung/task/copy.hpp"
#include "rung/task/nary_addition.hpp"
#include "rung/task/parity.hpp"
#include "rung/task/reverse.hpp"

#endif
