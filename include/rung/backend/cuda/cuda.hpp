#pragma once
// The GPU backend, as a program with a model in it sees it: no CUDA header is included, and any C++ compiler will do.

#include "rung/backend/backend.hpp"
#include "rung/backend/cuda/activation.hpp"
#include "rung/backend/cuda/attention.hpp"
#include "rung/backend/cuda/dropout.hpp"
#include "rung/backend/cuda/embedding.hpp"
#include "rung/backend/cuda/linear.hpp"
#include "rung/backend/cuda/loop.hpp"
#include "rung/backend/cuda/loss.hpp"
#include "rung/backend/cuda/norm.hpp"
#include "rung/backend/cuda/pointwise.hpp"
#include "rung/backend/cuda/score_bias.hpp"
#include "rung/backend/cuda/update.hpp"

namespace rung::cuda {

static_assert(Backend<Lane<float>> && Backend<Lane<bf16>>,
              "backend/cuda lacks an operation listed in backend/backend.hpp");
static_assert(BackendContext<Context<float>> && BackendContext<Context<bf16>>,
              "backend/cuda: the context lacks something listed in backend/backend.hpp");

}  // namespace rung::cuda
