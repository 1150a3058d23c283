// How many tokens per second does greedy decoding write? A batch of prompts of different lengths, 20 tokens each.

#include <benchmark/benchmark.h>

#include "rung/rung.hpp"

namespace {

using namespace rung;

constexpr Shape shape_of(int width) {
    return {.vocab = Reverse::vocab, .context = 128, .width = width, .heads = 4};
}

template <int width, class Depth>
void greedy(benchmark::State& state) {
    using Model = Transformer<shape_of(width), NoPe, Depth, Llama>;
    cpu::Context             ctx{{.threads = int(state.range(1))}};
    const Model              model{ctx};
    const Vocab              vocab{Reverse::alphabet};
    std::vector<std::string> prompts;
    for (int i = 0; i < state.range(0); ++i) {
        Rng       rng(1, Purpose::user, 0, std::uint32_t(i));
        const int length = rng.between(10, 30);
        prompts.push_back(Reverse{}.sample(rng, length).prompt);
    }
    long tokens = 0;
    for (auto _ : state)
        for (auto const& answer : decode(ctx, model, vocab, prompts, {.limit = 20})) tokens += answer.tokens;
    state.counters["tokens/s"] = benchmark::Counter(double(tokens), benchmark::Counter::kIsRate);
}

void batches(benchmark::internal::Benchmark* b) {
    b->ArgNames({"prompts", "threads"})->Unit(benchmark::kMillisecond)->UseRealTime();
    b->Args({1, 1})->Args({256, 1})->Args({256, 0});
}
BENCHMARK(greedy<64, Stacked<3>>)->Apply(batches);
BENCHMARK(greedy<64, Looped<3>>)->Apply(batches);
BENCHMARK(greedy<128, Stacked<2>>)->Apply(batches);

}  // namespace

BENCHMARK_MAIN();
