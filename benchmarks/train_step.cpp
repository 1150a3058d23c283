// How much of the machine does a training step use? Random tokens, every one graded, 8192 to a batch; the small models
// get 2048, which keeps a step near a second. The share is of the f32 multiply-add peak of the same run.

#include "machine.hpp"
#include "models.hpp"
#include "workload.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

template <class Model, class Precision>
void train_step(benchmark::State& state) {
    const int               length = int(state.range(0)), count = int(state.range(1)) / length;
    cpu::Context<Precision> ctx{{.threads = int(state.range(2))}};
    Model                   model{ctx};
    Trainer                 trainer{ctx, model};
    const auto              batch = random_batch(Model::shape.vocab, count, length);
    trainer.step(batch, 1e-4);
    machine(ctx.threads());
    const double start = seconds();
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(batch, 1e-4));
    const double rate          = double(state.iterations()) / (seconds() - start);
    state.counters["tokens/s"] = rate * double(batch.rows);
    state.counters["weights"]  = double(Model::parameters);
    report_flops(state, rate * 3 * Model::flops(length) * count, ctx.threads());
}

template <class Precision>
void add_models(std::string const& precision) {
    for_each_model([&]<class Model>(std::string const& style, std::string const& size) {
        auto* steps = benchmark::RegisterBenchmark(
            ("train_step/" + style + "/" + size + "/" + precision).c_str(), train_step<Model, Precision>);
        steps->ArgNames({"length", "tokens", "threads"})->Unit(benchmark::kMillisecond)->UseRealTime();
        for (const int length : {32, 64, 256})
            for (const int threads : thread_counts())
                steps->Args({length, size == "small" ? 2048 : 8192, threads});
    });
}

}  // namespace

int main(int argc, char** argv) {
    add_models<float>("f32");
    add_models<bf16>("bf16");
    return run_benchmarks(argc, argv);
}
