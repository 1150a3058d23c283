// How many tokens per second does greedy decoding write? 256 prompts of 20 tokens, exactly 40 new tokens each; reading
// the prompts counts as part of the time.

#include "machine.hpp"
#include "models.hpp"
#include "workload.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

template <class Model, class Precision>
void greedy(benchmark::State& state) {
    cpu::Context<Precision> ctx{{.threads = int(state.range(0))}};
    Model                   model{ctx};
    const Decoding          decoding;
    never_end(model);
    long         tokens = 0;
    const double start  = seconds();
    for (auto _ : state) tokens += decoding.run(ctx, model);
    state.counters["tokens/s"] = double(tokens) / (seconds() - start);
}

template <class Precision>
void add_models(std::string const& precision) {
    for_each_model([&]<class Model>(std::string const& style, std::string const& size) {
        auto* runs = benchmark::RegisterBenchmark(("greedy/" + style + "/" + size + "/" + precision).c_str(),
                                                  greedy<Model, Precision>);
        runs->ArgName("threads")->Unit(benchmark::kMillisecond)->UseRealTime();
        for (const int threads : thread_counts()) runs->Arg(threads);
    });
}

}  // namespace

int main(int argc, char** argv) {
    add_models<float>("f32");
    add_models<bf16>("bf16");
    return run_benchmarks(argc, argv);
}
