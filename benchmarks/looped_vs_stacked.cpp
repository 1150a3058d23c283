// What does a loop cost beside a stack? Six layers of width 64 with weights of their own, against loops that match them
// in the passes through a layer, in computation, or in weights, and against every kind of loop. Forward pass, training
// step and decoding. And what do 4, 16 and 64 passes cost when all of them are learnt from, the last ones, or all with
// most of them computed again?

#include "machine.hpp"
#include "models.hpp"
#include "workload.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

constexpr Shape wide{.vocab = 64, .context = 256, .width = 160, .heads = 4, .hidden = 400};

struct Stack : Transformer<llama_shape(64, 4), Rope<>, Stacked<6>, Llama> {
    using Transformer::Transformer;
};
struct LoopOfSamePasses : Transformer<llama_shape(64, 4), Rope<>, Looped<6>, Llama> {
    using Transformer::Transformer;
};
struct LoopOfSameFlops : Transformer<llama_shape(112, 4), Rope<>, Looped<2>, Llama> {
    using Transformer::Transformer;
};
struct LoopOfSameWeights : Transformer<wide, Rope<>, Looped<6>, Llama> {
    using Transformer::Transformer;
};

template <class Depth>
struct Kind : Transformer<llama_shape(64, 4), Rope<>, Depth, Llama> {
    using Transformer<llama_shape(64, 4), Rope<>, Depth, Llama>::Transformer;
};
using Shown    = Kind<Looped<6, 1, AddInput>>;
using Concat   = Kind<Looped<6, 1, ConcatInput>>;
using WithGate = Kind<Looped<6, 1, GateInput>>;
using Normed   = Kind<NormBetween<PassEmbedding<Looped<6, 1, AddInput>>>>;
using Between  = Kind<PreludeCoreCoda<1, 1, 1, 4>>;

constexpr int count = 128, length = 64;

constexpr bool near(double a, double b) { return a < 1.05 * b && b < 1.05 * a; }
static_assert(near(LoopOfSamePasses::flops(length), Stack::flops(length)));
static_assert(near(LoopOfSameFlops::flops(length), Stack::flops(length)));
static_assert(near(LoopOfSameWeights::parameters, Stack::parameters));

template <class Model>
void describe(benchmark::State& state, double tokens_per_second, Run const& run = {}) {
    state.counters["tokens/s"]        = tokens_per_second;
    state.counters["weights"]         = double(Model::parameters);
    state.counters["layer_passes"]    = double(Model::blocks_of(run));
    state.counters["MFLOP_per_token"] = Model::flops(length, Model::passes_of(run).most) / length * 1e-6;
}

/// Logits of every token, as a trainer computes them, and nothing more.
template <class Model>
void forward(benchmark::State& state) {
    cpu::Context ctx{{.threads = int(state.range(0))}};
    const Model  model{ctx};
    const auto   batch = random_batch(Model::shape.vocab, count, length);
    const Pieces pieces(batch, ctx.slices(), ctx.piece(Model::shape.width, Model::parameters));
    const auto   weights = pack(ctx, model);
    machine(ctx.threads());
    const double start = seconds();
    for (auto _ : state)
        ctx.for_slices(ctx.slices(), [&](auto& lane, int slice) {
            for (auto const& piece : pieces.of(slice)) {
                lane.arena.reset();
                const Ragged ragged(batch, piece.first, piece.count, piece.first_row);
                const auto   tape = Model::forward(lane, weights, ragged.rows());
                benchmark::DoNotOptimize(tape.logits.data);
            }
        });
    const double rate = double(state.iterations()) / (seconds() - start);
    describe<Model>(state, rate * double(batch.rows));
    report_flops(state, rate * Model::flops(length) * count, ctx.threads());
}

template <class Model>
void train(benchmark::State& state, TrainerOptions const& options) {
    cpu::Context ctx{{.threads = int(state.range(0))}};
    Model        model{ctx};
    Trainer      trainer{ctx, model, options};
    const auto   batch = random_batch(Model::shape.vocab, count, length);
    trainer.step(batch, 1e-4);
    machine(ctx.threads());
    const double start = seconds();
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(batch, 1e-4));
    const double rate = double(state.iterations()) / (seconds() - start);
    describe<Model>(state, rate * double(batch.rows), {.passes = options.passes});
    state.counters["peak_MB"] = double(ctx.scratch_peak()) / 1e6;  // of a thread
    if (options.passes == 0) report_flops(state, rate * 3 * Model::flops(length) * count, ctx.threads());
}
template <class Model>
void training(benchmark::State& state) {
    train<Model>(state, {});
}

// By number of passes, 4 of which are learnt from or 4 states between which are kept.
template <class Model>
void all_passes(benchmark::State& state) {
    train<Model>(state, {.passes = int(state.range(1))});
}
template <class Model>
void last_passes(benchmark::State& state) {
    train<Model>(state, {.passes = int(state.range(1)), .learnt = 4});
}
template <class Model>
void computed_again(benchmark::State& state) {
    train<Model>(state, {.passes = int(state.range(1)), .states = 4});
}

template <class Model>
void decoding(benchmark::State& state) {
    cpu::Context   ctx{{.threads = int(state.range(0))}};
    Model          model{ctx};
    const Decoding work;
    never_end(model);
    long         tokens = 0;
    const double start  = seconds();
    for (auto _ : state) tokens += work.run(ctx, model);
    describe<Model>(state, double(tokens) / (seconds() - start));
    state.counters["cache_KB"] = double(Model::cache_bytes(Decoding::prompt + Decoding::fresh)) / 1024;
}

void threads(benchmark::internal::Benchmark* b) {
    b->ArgName("threads")->Unit(benchmark::kMillisecond)->UseRealTime();
    for (const int threads : thread_counts()) b->Arg(threads);
}
void passes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"threads", "passes"})->Unit(benchmark::kMillisecond)->UseRealTime();
    for (const int passes : {4, 16, 64}) b->Args({thread_counts().back(), passes});
}
#define FOR_EVERY_KIND(what) \
    BENCHMARK(what<Stack>)->Apply(threads); \
    BENCHMARK(what<LoopOfSamePasses>)->Apply(threads); \
    BENCHMARK(what<LoopOfSameFlops>)->Apply(threads); \
    BENCHMARK(what<LoopOfSameWeights>)->Apply(threads); \
    BENCHMARK(what<Shown>)->Apply(threads); \
    BENCHMARK(what<Concat>)->Apply(threads); \
    BENCHMARK(what<WithGate>)->Apply(threads); \
    BENCHMARK(what<Normed>)->Apply(threads); \
    BENCHMARK(what<Between>)->Apply(threads)
FOR_EVERY_KIND(forward);
FOR_EVERY_KIND(training);
FOR_EVERY_KIND(decoding);
BENCHMARK(all_passes<Shown>)->Apply(passes);
BENCHMARK(last_passes<Shown>)->Apply(passes);
BENCHMARK(computed_again<Shown>)->Apply(passes);
BENCHMARK(all_passes<Between>)->Apply(passes);
BENCHMARK(last_passes<Between>)->Apply(passes);
BENCHMARK(computed_again<Between>)->Apply(passes);

}  // namespace

int main(int argc, char** argv) { return run_benchmarks(argc, argv); }
