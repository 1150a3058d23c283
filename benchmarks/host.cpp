// What does the host do for a step on a GPU? The device is one that is done at once, so that time is all the host's: what
// a GPU waits for, if its own work is shorter. Training and decoding are those of benchmarks/cuda; `train` also draws its
// problems, sums of 1 to 10 digits, beside the steps.

#include "cuda/idle.hpp"
#include "machine.hpp"
#include "models.hpp"
#include "workload.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

/// Work that is done again and again: its calls, and its time by tokens.
class Watched {
public:
    explicit Watched(benchmark::State& state) : state_(state) {}

    void report(double tokens) const {
        const double times          = double(state_.iterations());
        state_.counters["calls"]    = double(cuda::calls_made() - calls_) / times;
        state_.counters["ns/token"] = 1e9 * (seconds() - start_) / (times * tokens);
    }

private:
    benchmark::State& state_;
    long              calls_ = cuda::calls_made();
    double            start_ = seconds();
};

template <class Model>
void step(benchmark::State& state, int length) {
    const int           count = int(state.range(0));
    cuda::Context<bf16> ctx;
    Model               model{ctx};
    Trainer             trainer{ctx, model};
    const auto          batch = random_batch(Model::shape.vocab, count, length);
    for (int i = 0; i < 3; ++i) trainer.step(batch, 1e-4);  // from the second time on it is a graph
    const Watched watched(state);
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(batch, 1e-4));
    watched.report(double(batch.rows));
}

template <class Model>
void greedy(benchmark::State& state) {
    cuda::Context<bf16> ctx;
    Model               model{ctx};
    const Decoding      decoding(int(state.range(0)));
    never_end(model);
    for (int i = 0; i < 3; ++i) decoding.run(ctx, model);
    const Watched watched(state);
    for (auto _ : state) benchmark::DoNotOptimize(decoding.run(ctx, model));
    watched.report(double(state.range(0)) * Decoding::fresh);
}

struct Adder : Transformer<{.vocab = vocab_size<Addition>(), .context = 64, .width = 128, .heads = 4}, NoPe,
                           Stacked<2>, Gpt> {
    using Transformer::Transformer;
};

/// By 200 steps, because a run begins and ends with other work.
void training(benchmark::State& state) {
    constexpr int       steps = 200;
    cuda::Context<bf16> ctx;
    Adder               model{ctx};
    Trainer             trainer{ctx, model};
    TrainOptions        options{.steps = steps, .batch = int(state.range(0))};
    double              tokens = 0;
    options.watch = Watch([&](StepEvent const& e) { tokens += double(e.tokens); }, nullptr, false);
    const Watched watched(state);
    for (auto _ : state) train(trainer, Addition{}, Uniform{1, 10}, options);
    watched.report(tokens / double(state.iterations()));
}

void with_batches(benchmark::internal::Benchmark* one) {
    one->ArgName("batch")->Unit(benchmark::kMicrosecond)->UseRealTime();
    for (const int batch : {64, 1024}) one->Arg(batch);
}

}  // namespace

int main(int argc, char** argv) {
    for_each_model([&]<class Model>(std::string const& style, std::string const& size) {
        if (style != "gpt") return;
        const int length = size == "small" ? 256 : size == "tiny" ? 64 : 32;
        with_batches(benchmark::RegisterBenchmark(("host/step/" + size).c_str(), step<Model>, length));
        with_batches(benchmark::RegisterBenchmark(("host/decode/" + size).c_str(), greedy<Model>));
    });
    with_batches(benchmark::RegisterBenchmark("host/train/addition", training));
    return run_benchmarks(argc, argv);
}
