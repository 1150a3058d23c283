#pragma once
// No positional encoding: the causal mask alone tells order (Kazemnejad et al., NeurIPS 2023).

#include "rung/model/position/position.hpp"

namespace rung {

struct NoPe {
    static constexpr Site site = Site::nowhere;
};

}  // namespace rung
