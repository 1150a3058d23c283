#pragma once
// The CPU backend.

#include "rung/backend/backend.hpp"
#include "rung/backend/cpu/activation.hpp"
#include "rung/backend/cpu/attention.hpp"
#include "rung/backend/cpu/cached_attention.hpp"
#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/embedding.hpp"
#include "rung/backend/cpu/greedy.hpp"
#include "rung/backend/cpu/linear.hpp"
#include "rung/backend/cpu/loop.hpp"
#include "rung/backend/cpu/loss.hpp"
#include "rung/backend/cpu/norm.hpp"
#include "rung/backend/cpu/placed.hpp"
#include "rung/backend/cpu/pointwise.hpp"
#include "rung/backend/cpu/score_bias.hpp"
#include "rung/backend/cpu/update.hpp"

namespace rung::cpu::inline RUNG_ISA {

static_assert(Backend<Lane<float>> && Backend<Lane<double>> && Backend<Lane<bf16>>,
              "backend/cpu lacks an operation listed in backend/backend.hpp");

static_assert(BackendContext<Context<float>> && BackendContext<Context<bf16>>,
              "backend/cpu: the context lacks something listed in backend/backend.hpp");

}  // namespace rung::cpu::inline RUNG_ISA
