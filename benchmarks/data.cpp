// What does it cost to make the next batch, beside the step that learns from it? 128 problems of 1 to 10 digits: drawn,
// written as text, encoded and packed, on one thread; `share_of_step` is of a step of the quickstart's model on the same
// thread. A trainer's loop makes it beside the step.

#include "machine.hpp"
#include "rung/rung.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

template <class Task>
void make_batch(benchmark::State& state) {
    constexpr Shape shape{.vocab = Task::vocab, .context = 100, .width = 64, .heads = 4};
    using Model = Transformer<shape, NoPe, Stacked<3>, Llama>;
    const Vocab   vocab{Task::alphabet};
    std::uint64_t index = 0;
    const auto    make  = [&] {
        std::vector<Item> items;
        for (int i = 0; i < 128; ++i)
            items.push_back(encode(vocab, draw(Task{}, Uniform{1, 10}, 1, index++)));
        return pack(items, Grade::answer, shape.context);
    };
    cpu::Context ctx{{.threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    trainer.step(make(), 1e-4);
    constexpr int steps = 5;
    double        start = seconds();
    for (int step = 0; step < steps; ++step) trainer.step(make(), 1e-4);
    const double per_step = (seconds() - start) / steps;
    start                 = seconds();
    for (auto _ : state) benchmark::DoNotOptimize(make());
    state.counters["share_of_step"] = (seconds() - start) / double(state.iterations()) / per_step;
}
BENCHMARK(make_batch<Reverse>)->Name("make_batch/reverse");
BENCHMARK(make_batch<Addition>)->Name("make_batch/addition");

}  // namespace

int main(int argc, char** argv) { return run_benchmarks(argc, argv); }
