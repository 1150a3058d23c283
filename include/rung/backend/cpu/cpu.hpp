#pragma once
// The CPU backend: Eigen's vectorised arrays for what goes element by element, a kernel of our own for
// products.

#include "rung/backend/backend.hpp"
#include "rung/backend/cpu/attention.hpp"
#include "rung/backend/cpu/context.hpp"
#include "rung/backend/cpu/embedding.hpp"
#include "rung/backend/cpu/linear.hpp"
#include "rung/backend/cpu/loss.hpp"
#include "rung/backend/cpu/norm.hpp"
#include "rung/backend/cpu/pointwise.hpp"
#include "rung/backend/cpu/update.hpp"

namespace rung::cpu {

static_assert(Backend<Lane<float>> && Backend<Lane<double>>,
              "backend/cpu lacks an operation listed in backend/backend.hpp");

static_assert(BackendContext<Context<float>>,
              "backend/cpu: the context lacks something listed in backend/backend.hpp");

}  // namespace rung::cpu
