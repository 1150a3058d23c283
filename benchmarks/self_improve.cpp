// What does a round of self-improvement cost beside its labels and its training? The quickstart's model, taught for a
// while, so that its answers end where they should: one round as the engine runs it, and by turns the bare work in it,
// decode() of the same prompts and the trainer's step on as many tokens.
//     labelling   tokens/s of the engine's labels as a share of decode()'s
//     overhead    time of the round beyond decoding and training, as a share of the round
// And what do models that will vote gain by learning at the same time?
//     gain        time of so many steps of each, one after the other with all threads, over that of all together

#include "machine.hpp"
#include "rung/rung.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 100, .width = 64, .heads = 4};
struct Reverser : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

void round(benchmark::State& state) {
    cpu::Context ctx{{.threads = int(state.range(0))}};
    Reverser     model{ctx};
    Trainer      trainer{ctx, model, {.epsilon = 1e-6}};
    const auto   lengths = Uniform{1, 10};
    const Vocab  vocab   = vocab_of<Reverse>();
    train(trainer, Reverse{}, lengths, {.steps = 600, .peak = 1.5e-3});
    const std::string taught = saved(trainer);

    double whole = 0, labelling = 0, decoding = 0, training = 0, written = 0, bare = 0;
    for (auto _ : state) {
        load(trainer, taught);
        auto engine = climb(trainer, Reverse{}, lengths, LengthFilter{} | ConfidenceFilter{.least = 0.9},
                            {.rounds = 1, .prompts = 2'000, .steps = 100, .peak = 1e-9, .test_every = 0});
        std::vector<double> pieces;
        while (!engine.ended()) {
            const double start = seconds();
            engine.advance();
            pieces.push_back(seconds() - start);
        }
        for (const double piece : pieces) whole += piece;
        labelling += pieces[1];  // after planning
        auto const& done = engine.rounds().front();

        load(trainer, taught);
        const auto truth =
            detail::problems(Reverse{}, done.difficulty, 2'000, {ctx.seed(), Purpose::self_improvement, 1});
        const auto prompts = detail::prompts_of(truth);
        double     start   = seconds();
        const auto answers = decode(ctx, model, vocab, prompts,
                                    {.limit = detail::answer_limit(Reverse{}, done.difficulty, prompts)});
        decoding += seconds() - start;
        for (auto const& answer : answers) bare += answer.tokens;
        written += double(done.decoded);

        // Half of what a round trains on is new, as long as its prompts; the rest is of the lengths known before.
        std::vector<Batch> batches;
        std::vector<Item>  items;
        for (std::uint32_t i = 0; i < 128; ++i) {
            Rng rng(1, Purpose::user, 0, i);
            items.push_back(i % 2 ? encode(vocab, truth[i])
                                  : Lesson{Reverse{}, Uniform{1, 10}}.draw(rng, 0, Answering::by_token));
        }
        batches.push_back(pack(items, Grade::answer, shape.context));
        double tokens = 0;
        start         = seconds();
        for (int step = 0; step < 100; ++step) tokens += double(trainer.step(batches, 1e-9).rows);
        training += (seconds() - start) * double(done.tokens) / tokens;
    }
    state.counters["labelling"]        = (written / labelling) / (bare / decoding);
    state.counters["overhead"]         = (whole - decoding - training) / whole;
    state.counters["label_tokens/s"]   = written / labelling;
    state.counters["decoded_tokens/s"] = bare / decoding;
}

void learning_of_voters(benchmark::State& state) {
    const cpu::Context like{{.threads = int(state.range(0))}};
    auto               voters  = make_voters<Reverser>(like, int(state.range(1)));
    const auto         lengths = Uniform{1, 10};
    const TrainOptions options{.steps = 100};
    double             apart = 0, together = 0;
    for (auto _ : state) {
        double start = seconds();
        for (auto& voter : voters) train(voter, Reverse{}, lengths, options);
        apart += seconds() - start, start = seconds();
        train(voters, Reverse{}, lengths, options);
        together += seconds() - start;
    }
    state.counters["gain"]    = apart / together;
    state.counters["steps/s"] = double(state.iterations()) * options.steps * voters.size() / together;
}

}  // namespace

int main(int argc, char** argv) {
    auto* runs = benchmark::RegisterBenchmark("self_improve/round", round);
    runs->ArgName("threads")->Unit(benchmark::kMillisecond)->UseRealTime();
    auto* votes = benchmark::RegisterBenchmark("self_improve/voters", learning_of_voters);
    votes->ArgNames({"threads", "voters"})->Unit(benchmark::kMillisecond)->UseRealTime();
    for (const int threads : thread_counts()) {
        runs->Arg(threads);
        for (const int voters : {2, 3, 5}) votes->Args({threads, voters});
    }
    return run_benchmarks(argc, argv);
}
