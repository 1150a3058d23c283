// Compiled for processors with wider vectors than most that build rung have: training and decoding, f32 and bf16.
#include "rung/rung.hpp"

namespace {

using namespace rung;
constexpr Shape shape{.vocab = 14, .context = 16, .width = 16, .heads = 2};
using Model = Transformer<shape, Rope<>, Stacked<1>, Llama>;

template <class Precision>
void train_and_decode() {
    cpu::Context<Precision> ctx;
    Model                   model{ctx};
    Trainer                 trainer{ctx, model, {.dropout = 0.1f}};
    trainer.step(pack({{{1, 3, 4}, 1}}, Grade::everything, shape.context), 1e-3);
    decode(ctx, model, Vocab{"0123456789="}, {"1="});
}

}  // namespace

void train_and_decode_with_wide_vectors() { train_and_decode<float>(), train_and_decode<bf16>(); }
