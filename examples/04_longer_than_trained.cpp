// A loop that runs as often as its problem is long learns parity, or to copy, of at most 20 symbols, and answers longer
// strings: the same block, run more often. A block looks at each token and its neighbour alone, so that what it learns
// does not depend on where they stand, and what is far comes nearer by a token with every pass. Controls leave out what
// that rests on: the string is not shown again before every pass, or the number of passes does not grow. The whole answer
// is read at once, and rules that do not know the length say when to stop.
// After Fan et al., "Looped transformers for length generalization", ICLR 2025, at a size for a laptop.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

/// Symbols that are shown again have to be as loud as the normed states between passes, or they are not heard.
struct Loud : GptStyle<Bias::everywhere, Embeddings::separate> {
    static InitScale init(int) { return {.std = 0.1, .residual = 1, .embedding = 10}; }
};
template <class Task, class Injection>
struct Loop : Transformer<Shape{.vocab = Task::vocab, .context = 256, .width = 32, .heads = 2}, Window<2>,
                          NormBetween<Looped<21, 1, Injection>>, Loud> {
    using Loop::Transformer::Transformer;
};

struct Settings {
    std::string task       = "parity";
    int         trained_to = 20, steps = 1'500, longest = 100;
};

/// Lengths from short to long, as they are mastered.
template <class Model, class Task, class Context>
Model trained(Context& ctx, Task const& task, Settings const& s, std::string const& name,
              PassRule const& passes, Journal& journal) {
    Model model{ctx};
    // Smoothed labels want the same logits at every length: an answer that drifts with every pass, too little to be
    // wrong yet, costs something.
    Trainer trainer{ctx, model, {.beta2 = 0.999, .label_smoothing = 0.1}};
    train(trainer, task, GrowWhenMastered{{.start = 2, .limit = s.trained_to, .review = 1}},
          {.steps      = s.steps,
           .batch      = 128,
           .answering  = Answering::at_once,
           .passes     = passes,
           .rate       = WarmupStableDecay{.peak = 2e-3, .steps = s.steps, .decay = s.steps * 2 / 5},
           .test_every = 50,
           .test_each  = 64,
           .watch      = journal.watch(name)});
    return model;
}

constexpr auto as_long = PassesByDifficulty{.more = 1};

template <class Task, class Context>
void compare(Context& ctx, Task const& task, PassRule const& practice, Settings const& s, Journal& journal) {
    using Shown = Loop<Task, ConcatInput>;
    check_flag(s.longest % 10 == 0, "--longest: got ", s.longest, ", wanted a multiple of 10");
    const auto always = [&](auto const&) { return s.trained_to + 1; };
    const auto loop   = trained<Shown>(ctx, task, s, "loop", practice, journal);
    const auto once   = trained<Loop<Task, NoInjection>>(ctx, task, s, "shown once", practice, journal);
    const auto fixed  = trained<Shown>(ctx, task, s, "fixed passes", always, journal);

    const auto test = [&](auto const& model, std::function<int(int)> passes) {
        return evaluate(ctx, model, task,
                        {.from      = 10,
                         .to        = s.longest,
                         .by        = 10,
                         .each      = 500,
                         .passes    = passes,
                         .answering = Answering::at_once});
    };
    std::vector<std::pair<std::string, Report>> reports{{"as long as it is", test(loop, as_long)},
                                                        {"shown once", test(once, as_long)},
                                                        {"fixed passes", test(fixed, always)}};

    // Rules that do not know the length: of passes up to the test's longest string and 20 more.
    Report  surest, batch, stable, still;
    HeatMap map{{.title    = "Exact match",
                 .x        = "passes",
                 .y        = "length",
                 .columns  = numbers(1, s.longest + 20, 5),
                 .frontier = "as many passes as the longest string of training"}};
    for (int length = 10; length <= s.longest; length += 10) {
        const Study study = rung::study(ctx, loop, task, length, 500, s.longest + 20);
        surest.scores.push_back(study.by(MostConfident{}));
        batch.scores.push_back(study.after(most_confident_pass(study.thoughts)));
        stable.scores.push_back(study.by(StableFor{10}));
        still.scores.push_back(study.by(ChangeBelow{0.02}));
        std::vector<double> shares;
        for (int pass = 1; pass <= s.longest + 20; pass += 5)
            shares.push_back(study.after(pass).exact_match());
        map.row(std::to_string(length), shares, s.trained_to / 5 + 1);
    }
    reports.insert(reports.end(), {{"surest pass", surest},
                                   {"surest of batch", batch},
                                   {"stable for 10", stable},
                                   {"hardly moves", still}});
    journal.page().figure("Exact match of the loop by length and number of passes.", map.svg());
    journal.finish(s.trained_to, reports, {{"weights", Shown::parameters}});
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags flags{"Teaches a looped block parity or to copy, and lets it think longer about longer strings."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("task", s.task, "what it learns", {"parity", "copy"});
    flags.add("trained-to", s.trained_to, "longest string in training", {.least = 2, .most = 40});
    flags.add("longest", s.longest, "longest string in the test, a multiple of 10",
              {.least = 10, .most = 120});
    flags.add("steps", s.steps, "training steps of each model", {.least = 2});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Loop<Parity, ConcatInput>>(Parity{});
        Journal journal{"longer_than_trained", "Strings longer than any it was shown", common, flags};
        // Parity is to stay what it is when all bits have been seen. A copy passes by, and is read in time.
        const auto longer = [](Occasion o) { return as_long(o) + int(o.rng.below(10)); };
        s.task == "copy" ? compare(ctx, Copy{}, as_long, s, journal)
                         : compare(ctx, Parity{}, longer, s, journal);
    });
}
