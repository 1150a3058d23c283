// What a style may choose: each choice's gradients by finite differences in double precision, and what it promises.

#include "rung/model/position/learned.hpp"
#include "rung/model/position/rope.hpp"
#include "rung/model/style/llama.hpp"
#include "support/model.hpp"

using namespace rung_test;

namespace {

struct Relu : Gpt {
    template <int C, int F>
    using Mlp = ReluMlp<C, F, biased>;
};
struct Primer : Llama {
    template <int C, int F>
    using Mlp = SquaredReluMlp<C, F>;
};
struct GeGluOfBiases : Gpt {
    template <int C, int F>
    using Mlp = GeGlu<C, F, biased>;
};

}  // namespace

TEST_CASE_TEMPLATE("gradients of other activations", Style, Relu, Primer, GeGluOfBiases) {
    check_gradients<Transformer<odd, Learned, Stacked<1>, Style>>();
}
