// How much of the machine does a training step use? Tokens per second, and floating-point operations as a
// share of the multiply-add peak that is measured in the same run. Looped and standard depth at equal
// computation stand side by side.

#include "peak.hpp"
#include "rung/rung.hpp"

namespace {

using namespace rung;

constexpr Shape tiny{.vocab = 64, .context = 64, .width = 128, .heads = 4};
constexpr Shape mini{.vocab = 16, .context = 64, .width = 64, .heads = 4};

struct Gpt2 : Transformer<tiny, Learned, Stacked<2>, Gpt> {
    using Transformer::Transformer;
};
struct Llama2 : Transformer<tiny, Rope<>, Stacked<2>, Llama> {
    using Transformer::Transformer;
};
struct Stacked6 : Transformer<mini, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};
struct Looped6 : Transformer<mini, NoPe, Looped<6>, Llama> {
    using Transformer::Transformer;
};

/// Random tokens: `count` sequences of `length` inputs, every one graded.
Batch random_batch(int vocab, int count, int length) {
    std::vector<Item> items;
    for (int b = 0; b < count; ++b) {
        Rng  rng(1, Purpose::user, 0, std::uint32_t(b));
        Item item{{}, 1};
        for (int t = 0; t <= length; ++t) item.tokens.push_back(int(rng.below(std::uint32_t(vocab))));
        items.push_back(std::move(item));
    }
    return pack(items, Grade::everything, length);
}

template <class Model>
void train_step(benchmark::State& state) {
    const int    count = int(state.range(0)), length = int(state.range(1));
    cpu::Context ctx{{.threads = int(state.range(2))}};
    Workers      workers(ctx.threads());
    const double peak = peak_flops(workers);
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    const auto   batch = random_batch(Model::shape.vocab, count, length);
    trainer.step(batch, 1e-4);
    const double start = seconds();
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(batch, 1e-4));
    const double flops = double(state.iterations()) * 3 * Model::flops(length) * count / (seconds() - start);
    state.counters["tokens/s"] =
        benchmark::Counter(double(state.iterations() * batch.rows), benchmark::Counter::kIsRate);
    state.counters["GFLOP/s"]       = flops * 1e-9;
    state.counters["peak_GFLOP/s"]  = peak * 1e-9;
    state.counters["share_of_peak"] = flops / peak;
    state.counters["weights"]       = double(Model::parameters);
}

void shapes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"batch", "length", "threads"})->Unit(benchmark::kMillisecond)->UseRealTime();
    b->Args({128, 64, 1})->Args({128, 64, 0});
}

BENCHMARK(train_step<Gpt2>)->Apply(shapes);
BENCHMARK(train_step<Llama2>)->Apply(shapes);
BENCHMARK(train_step<Stacked6>)->Apply(shapes);
BENCHMARK(train_step<Looped6>)->Apply(shapes);

}  // namespace

BENCHMARK_MAIN();
