#pragma once
// The models that are measured: two styles at four sizes, 64 tokens, context 256. peers/torch_peer.py has the same.

#include "rung/rung.hpp"

namespace rung::bench {

constexpr Shape gpt_shape(int width, int heads) {
    return {.vocab = 64, .context = 256, .width = width, .heads = heads};
}
/// Hidden layers of 8/3 of the width, so that three matrices hold as much as GPT's two, up to the next multiple of 16.
constexpr Shape llama_shape(int width, int heads) {
    const int hidden = (8 * width + 2) / 3;
    return {.vocab = 64, .context = 256, .width = width, .heads = heads, .hidden = (hidden + 15) / 16 * 16};
}

struct GptMicro : Transformer<gpt_shape(16, 2), Learned, Stacked<2>, Gpt> {
    using Transformer::Transformer;
};
struct GptMini : Transformer<gpt_shape(32, 4), Learned, Stacked<2>, Gpt> {
    using Transformer::Transformer;
};
struct GptTiny : Transformer<gpt_shape(128, 4), Learned, Stacked<2>, Gpt> {
    using Transformer::Transformer;
};
struct GptSmall : Transformer<gpt_shape(384, 6), Learned, Stacked<6>, Gpt> {
    using Transformer::Transformer;
};
struct LlamaMicro : Transformer<llama_shape(16, 2), Rope<>, Stacked<2>, Llama> {
    using Transformer::Transformer;
};
struct LlamaMini : Transformer<llama_shape(32, 4), Rope<>, Stacked<2>, Llama> {
    using Transformer::Transformer;
};
struct LlamaTiny : Transformer<llama_shape(128, 4), Rope<>, Stacked<2>, Llama> {
    using Transformer::Transformer;
};
struct LlamaSmall : Transformer<llama_shape(384, 6), Rope<>, Stacked<6>, Llama> {
    using Transformer::Transformer;
};
static_assert(LlamaTiny::shape.hidden == 352 && LlamaSmall::shape.hidden == 1024);

/// visit.operator()<Model>(style, size) for each.
template <class Visit>
void for_each_model(Visit&& visit) {
    visit.template operator()<GptMicro>("gpt", "micro");
    visit.template operator()<GptMini>("gpt", "mini");
    visit.template operator()<GptTiny>("gpt", "tiny");
    visit.template operator()<GptSmall>("gpt", "small");
    visit.template operator()<LlamaMicro>("llama", "micro");
    visit.template operator()<LlamaMini>("llama", "mini");
    visit.template operator()<LlamaTiny>("llama", "tiny");
    visit.template operator()<LlamaSmall>("llama", "small");
}

}  // namespace rung::bench
