// What does each operation cost, on one core, beside bare Eigen and beside what the machine allows? Sizes are those of
// models of width 16 to 384, 512 rows at a time. The roofline is the peak or the bandwidth, whichever ends first; the
// bandwidth is that of the cache that holds the operation's data.

#include "operations/activation.hpp"
#include "operations/attention.hpp"
#include "operations/learning.hpp"
#include "operations/norm.hpp"
#include "operations/position.hpp"
#include "operations/product.hpp"

#ifdef RUNG_ONEDNN
#include <omp.h>
#endif

namespace {

using namespace rung::bench;

/// The width of a norm is a template argument.
template <int width>
void add_norms() {
    const std::string at = "<" + std::to_string(width) + ">";
    add<LayerNorm<width>>("layer_norm" + at, {"rows"}, {{512}});
    add<LayerNormGradient<width>>("layer_norm_gradient" + at, {"rows"}, {{512}});
    add<RmsNorm<width>>("rms_norm" + at, {"rows"}, {{512}});
    add<RmsNormGradient<width>>("rms_norm_gradient" + at, {"rows"}, {{512}});
}

/// And so is the size of a head.
template <int size>
void add_attention(long heads) {
    const Sizes       lengths{{32, heads}, {64, heads}, {256, heads}};
    const std::string at = "<" + std::to_string(size) + ">";
    add<Attention<size>>("attention" + at, {"length", "heads"}, lengths);
    add<AttentionGradient<size>>("attention_gradient" + at, {"length", "heads"}, lengths);
    add<CachedAttention<size>>("cached_attention" + at, {"length", "heads"}, lengths);
}

}  // namespace

int main(int argc, char** argv) {
#ifdef RUNG_ONEDNN
    omp_set_num_threads(1);
#endif
    Sizes products, hidden, streams, logits{{512, 64}}, weights{{11'712}, {437'760}, {10'000'000}};
    for (const long width : {16, 32, 128, 384}) {
        products.push_back({512, width, 3 * width});
        products.push_back({512, width, 4 * width});
        products.push_back({512, 4 * width, width});
        hidden.push_back({512, 4 * width});
        if (width >= 32) streams.push_back({512, width});
    }

    add<Product>("product", {"rows", "in", "out"}, products);
    add<InputGradient>("input_gradient", {"rows", "in", "out"}, products);
    add<WeightGradient>("weight_gradient", {"rows", "in", "out"}, products);
    add_attention<8>(2);
    add_attention<8>(4);
    add_attention<32>(4);
    add_attention<64>(6);
    add<Gelu>("gelu", {"rows", "width"}, hidden);
    add<GeluGradient>("gelu_gradient", {"rows", "width"}, hidden);
    add<SwiGlu>("swiglu", {"rows", "width"}, hidden);
    add<SwiGluGradient>("swiglu_gradient", {"rows", "width"}, hidden);
    add<Dropped>("dropout", {"rows", "width"}, streams);
    add<Embed>("embed", {"rows", "width"}, streams);
    add<EmbedGradient>("embed_gradient", {"rows", "width"}, streams);
    add<Rope>("rope", {"rows", "width"}, streams);
    add_norms<16>();
    add_norms<32>();
    add_norms<128>();
    add_norms<384>();
    add<CrossEntropy>("cross_entropy", {"rows", "vocab"}, logits);
    add<AdamW>("adamw", {"weights"}, weights);
    return run_benchmarks(argc, argv);
}
