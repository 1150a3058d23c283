#pragma once
// A loop between layers that run once: the prelude reads, the core is looped, the coda writes (Geiping et al., "Scaling
// up test-time compute with latent reasoning", 2025).

#include "rung/model/depth/depth.hpp"

namespace rung {

/// What is injected before every pass is the prelude's output. P is the default number of passes; a run may ask for
/// more or fewer.
template <int Prelude, int Core, int Coda, int Passes, class Injection = AddInput>
struct PreludeCoreCoda {
    static_assert(Prelude >= 0 && Coda >= 0,
                  "PreludeCoreCoda: the prelude and the coda have at least 0 layers");
    static_assert(Core > 0, "PreludeCoreCoda: the core must have at least 1 layer");
    static_assert(Passes > 0, "PreludeCoreCoda: the number of passes must be at least 1");
    static constexpr int before = Prelude, after = Coda;
    static constexpr int layers = Prelude + Core + Coda, passes = Passes;
    using Inject = Injection;
};

}  // namespace rung
