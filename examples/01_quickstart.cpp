// A small transformer learns to reverse strings of 1 to 10 digits, fails at 15, and then climbs to 20 on
// labels of its own.
//
// Ten rounds: it labels strings one digit longer than any it has seen, keeps the answers that are complete
// and that it is sure of, and trains on them beside what it knows. It is never shown a true answer past 10 digits. After Lee
// et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML
// 2025, at a size for a laptop.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 100, .width = 64, .heads = 4};
struct Reverser : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

int main(int argc, char** argv) {
    Common common;
    int    trained_to = 10, rounds = 10, steps = 2'500, round_steps = 200;
    Flags  flags{"Teaches a small transformer to reverse strings, then lets it climb on labels of its own."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", trained_to, "longest string with a true label", {.least = 1, .most = 24});
    flags.add("rounds", rounds, "rounds of self-improvement, one digit each", {.least = 1, .most = 24});
    flags.add("steps", steps, "training steps on true labels", {.least = 1});
    flags.add("round-steps", round_steps, "training steps per round", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Reverser>(Reverse{});
        Journal    journal{"quickstart", "Reversing strings longer than any it was shown", common, flags};
        Reverser   model{ctx};
        Trainer    trainer{ctx, model, {.epsilon = 1e-6}};
        const auto lengths = Uniform{1, trained_to};
        const auto test    = EvaluateOptions{.to = trained_to + rounds, .each = 512};

        train(trainer, Reverse{}, lengths, {.steps = steps, .peak = 1.5e-3, .watch = journal.watch("train")});
        const Report before = evaluate(ctx, model, Reverse{}, test);

        self_improve(trainer, Reverse{}, lengths, LengthFilter{} | ConfidenceFilter{.least = 0.99},
                     {.rounds      = rounds,
                      .prompts     = 2'000,
                      .steps       = round_steps,
                      .peak        = 1.5e-3,
                      .test        = {.to = test.to, .each = 128},
                      .watch       = journal.watch_climb(),
                      .watch_round = journal.watch_round()});
        const Report after = evaluate(ctx, model, Reverse{}, test);

        pretrained.save(model, Reverse{});
        journal.finish(trained_to, {{"before", before}, {"after", after}});
    });
}
