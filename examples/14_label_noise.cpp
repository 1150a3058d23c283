// How wrong may labels be? In one round of a climb a share of the labels is made wrong: digits at random, digits left
// out, digits off by one. A filter by confidence sees the first: a model that was taught a little of anything is sure of
// nothing, and until it has unlearnt that no label is kept. Mistakes in the last digits alone it gets over.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML
// 2025, section 8, which adds where this reverses strings, and spoils rounds 5, 10 and 20: at a size for a laptop.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 96, .width = 64, .heads = 4};
struct Reverser : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int    trained_to = 10, steps = 2'500, rounds = 4, round = 2, round_steps = 200, prompts = 2'000;
    double share = 0.2;
};

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags    flags{"Climbs with labels of one round made wrong, each way at a time."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", s.trained_to, "longest string with a true label", {.least = 1, .most = 24});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 1});
    flags.add("rounds", s.rounds, "rounds of self-improvement, one digit each", {.least = 1, .most = 20});
    flags.add("round", s.round, "the round whose labels are made wrong", {.least = 1});
    flags.add("share", s.share, "of its labels", {.least = 0, .most = 1});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("prompts", s.prompts, "labelled per round", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        check_flag(s.round <= s.rounds, "--round: got ", s.round, ", wanted at most --rounds, ", s.rounds);
        pretrained.check<Reverser>(Reverse{});
        Journal    journal{"label_noise", "How wrong labels may be", common, flags};
        const auto lengths = Uniform{1, s.trained_to};
        const auto test    = EvaluateOptions{.to = s.trained_to + s.rounds, .each = 256};
        Reverser   model{ctx};
        Trainer    trainer{ctx, model, {.epsilon = 1e-6}};
        train(trainer, Reverse{}, lengths,
              {.steps = s.steps, .peak = 1.5e-3, .watch = journal.watch("train")});
        const std::string                           taught = saved(trainer);  // every climb begins here
        std::vector<std::pair<std::string, Report>> after{{"before", evaluate(ctx, model, Reverse{}, test)}};

        const auto run = [&](std::string const& name, Corrupt const& corrupt) {
            load(trainer, taught);
            const auto rounds =
                self_improve(trainer, Reverse{}, lengths, LengthFilter{} | ConfidenceFilter{.least = 0.5},
                             {.rounds      = s.rounds,
                              .prompts     = s.prompts,
                              .steps       = s.round_steps,
                              .peak        = 1.5e-3,
                              .corrupt     = corrupt,
                              .test        = test,
                              .watch       = journal.watch_climb(name),
                              .watch_round = journal.watch_round(name)});
            pretrained.save(model, Reverse{}, name);
            after.emplace_back(name, rounds.back().after);
        };
        const auto noise = [&](Corruption kind) {
            return LabelNoise{.kind = kind, .share = s.share, .rounds = {s.round}};
        };
        run("clean", {});
        run("uniform", noise(Corruption::uniform));
        run("drop", noise(Corruption::drop));
        run("perturb", noise(Corruption::perturb));
        run("drop and perturb", noise(Corruption::drop_and_perturb));
        journal.finish(s.trained_to, after);
    });
}
