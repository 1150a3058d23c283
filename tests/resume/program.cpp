// A small program to be killed: it trains, tests, trains again, labels problems itself, and leaves its weights in a file.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 40, .width = 16, .heads = 2};
struct Tiny : Transformer<shape, NoPe, Stacked<1>, Llama> {
    using Transformer::Transformer;
};

int main(int argc, char** argv) {
    Common common;
    int    steps = 24;
    Flags  flags{"Trains next to nothing."};
    common.add_to(flags);
    flags.add("steps", steps, "training steps of each stage", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        Journal          journal{"resume", "A run that is killed", common, flags};
        Tiny             model{ctx};
        Trainer          trainer{ctx, model, {.dropout = 0.1f, .ema = 0.9}};
        GrowWhenMastered grow{{.start = 1, .limit = 3, .mastery = 0.05}};
        train(trainer, Reverse{}, grow,
              {.steps      = steps,
               .batch      = 16,
               .peak       = 1e-2,
               .test_every = 5,
               .test_each  = 16,
               .watch      = journal.watch("grow")});
        const Report before = evaluate(ctx, model, Reverse{}, {.to = 5, .each = 32});
        journal.record().write(Json{}.set("event", "between").set("level", grow.reached()));
        train(trainer, Reverse{}, Uniform{1, 3},
              {.steps = steps, .batch = 16, .watch = journal.watch("settle")});
        self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{},
                     {.rounds      = 2,
                      .prompts     = 20'000,
                      .steps       = steps / 2,
                      .batch       = 16,
                      .test        = {.to = 5, .each = 16},
                      .watch       = journal.watch_climb(),
                      .watch_round = journal.watch_round()});
        const Report after = evaluate(ctx, model, Reverse{}, {.to = 5, .each = 32});
        if (!common.out.empty()) {
            Archive all;
            all(trainer);
            write_file(common.out + "/weights", all.bytes());
        }
        journal.finish(3, {{"before", before}, {"after", after}});
    });
}
