// expect: Transformer::extend: give the style a causal mask, or read whole sequences by forward()
#include <rung/rung.hpp>

constexpr rung::Shape shape{.vocab = 12, .context = 32, .width = 64, .heads = 4};
struct Reader : rung::Gpt {
#ifndef RUNG_FIXED
    static constexpr rung::Mask mask = rung::Mask::none;
#endif
};
using Model = rung::Transformer<shape, rung::NoPe, rung::Stacked<1>, Reader>;
rung::Mat<float> answer(rung::cpu::Lane<float>& lane, rung::Weights<float> w,
                        std::vector<rung::CacheLayer<float>> const& cache, rung::Sequences const& rows) {
    return Model::extend(lane, w, cache, rows, {});
}
