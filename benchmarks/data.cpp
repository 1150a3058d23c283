// What does it cost to make the next batch, beside the step that learns from it? 128 problems of 1 to 10 digits: drawn,
// written as text, encoded and packed, on one thread; `share_of_step` is of a step of the quickstart's model on the
// same thread. A trainer's loop makes it beside the step. Then how many tokens a second every kind of task gives, and
// what share of the time goes into drawing and writing them.

#include "machine.hpp"
#include "rung/rung.hpp"
#include "rung/tasks.hpp"

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

/// Batches of 128 problems of a difficulty, as a trainer takes them.
template <class Task>
void generate(benchmark::State& state) {
    const Difficulty difficulty = HasAxes<Task> ? Difficulty(int(state.range(0)), int(state.range(1)))
                                                : Difficulty(int(state.range(0)));
    const Vocab      vocab      = vocab_of<Task>();
    std::uint32_t    index      = 0;
    double           drawing = 0, all = 0, tokens = 0;
    for (auto _ : state) {
        const double         start = seconds();
        std::vector<Example> examples;
        for (int i = 0; i < 128; ++i) {
            Rng rng(1, Purpose::training, 0, index++);
            examples.push_back(sample(Task{}, rng, difficulty));
        }
        drawing += seconds() - start;
        std::vector<Item> items;
        for (auto const& example : examples) items.push_back(encode(vocab, example));
        const Batch batch = pack(items, Grade::answer, 1 << 16);
        all += seconds() - start;
        tokens += double(batch.rows + batch.count);
    }
    state.counters["tokens_per_second"] = tokens / all;
    state.counters["share_of_drawing"]  = drawing / all;
}
BENCHMARK(generate<Addition>)->Name("generate/addition")->Arg(10);
BENCHMARK(generate<Copy>)->Name("generate/copy")->Arg(10);
BENCHMARK(generate<AdditionIn<SimplifiedScratchpad>>)
    ->Name("generate/addition_simplified_scratchpad")
    ->Arg(3);
BENCHMARK(generate<AdditionIn<DetailedScratchpad>>)->Name("generate/addition_detailed_scratchpad")->Arg(3);
BENCHMARK(generate<SubtractionIn<DetailedScratchpad>>)
    ->Name("generate/subtraction_detailed_scratchpad")
    ->Arg(3);
BENCHMARK(generate<Multiplication>)->Name("generate/multiplication_chain_of_thought")->Args({5, 5});
BENCHMARK(generate<MultiplicationIn<DetailedScratchpad>>)
    ->Name("generate/multiplication_detailed_scratchpad")
    ->Args({2, 2});
BENCHMARK(generate<NaryAddition>)->Name("generate/nary_addition")->Arg(16);
BENCHMARK(generate<SineIn<DetailedScratchpad>>)->Name("generate/sine_detailed_scratchpad")->Arg(4);
BENCHMARK(generate<SquareRootIn<DetailedScratchpad>>)
    ->Name("generate/square_root_detailed_scratchpad")
    ->Arg(4);
BENCHMARK(generate<BinaryMultiplication>)->Name("generate/binary_multiplication")->Args({10, 10});
BENCHMARK(generate<Sort>)->Name("generate/sort")->Arg(20);
BENCHMARK(generate<UniqueSet>)->Name("generate/unique_set")->Arg(20);
BENCHMARK(generate<Parity>)->Name("generate/parity")->Arg(20);
BENCHMARK(generate<BalancedBrackets>)->Name("generate/balanced_brackets")->Arg(10);
BENCHMARK(generate<StackManipulation>)->Name("generate/stack_manipulation")->Arg(20);
BENCHMARK(generate<PHop>)->Name("generate/p_hop")->Args({256, 16});
BENCHMARK(generate<Maze>)->Name("generate/maze")->Args({30, 9});
BENCHMARK(generate<UniformMaze>)->Name("generate/uniform_maze")->Args({30, 9});
BENCHMARK(generate<GridMaze>)->Name("generate/grid_maze")->Args({10, 10});
BENCHMARK(generate<UniformGridMaze>)->Name("generate/uniform_grid_maze")->Args({10, 10});

}  // namespace

int main(int argc, char** argv) { return run_benchmarks(argc, argv); }
