#pragma once
// Standard depth: L layers with weights of their own, each run once, whatever a run says.

#include "rung/model/depth/depth.hpp"

namespace rung {

template <int Layers>
struct Stacked {
    static_assert(Layers > 0, "Stacked: the number of layers must be at least 1");
    static constexpr int  layers = Layers, passes = 1;
    static constexpr bool loops = false;
    using Inject                = NoInjection;
};

}  // namespace rung
