#pragma once
// Looped depth: the same L layers run P times (Dehghani et al., "Universal transformers", ICLR 2019).

#include "rung/model/depth/depth.hpp"

namespace rung {

/// P is the default number of passes; a run may ask for more or fewer.
template <int Passes, int Layers = 1, class Injection = NoInjection>
struct Looped {
    static_assert(Passes > 0, "Looped: the number of passes must be at least 1");
    static_assert(Layers > 0, "Looped: the number of layers must be at least 1");
    static constexpr int layers = Layers, passes = Passes;
    using Inject = Injection;
};

}  // namespace rung
