#pragma once
// Two styles that between them choose everything a style may choose.

#include "rung/model/style/gpt.hpp"
#include "rung/model/style/llama.hpp"

namespace rung_test {

using namespace rung;

struct Vaswani : Gpt {
    static constexpr Norms norms = Norms::after;
    template <int C, int F>
    using Mlp = ReluMlp<C, F, biased>;
};
struct Gemma : Llama {
    static constexpr Norms  norms    = Norms::around;
    static constexpr bool   qk_norm  = true;
    static constexpr double soft_cap = 30;
    template <int C, int F>
    using Mlp = GeGlu<C, F>;
};

}  // namespace rung_test
