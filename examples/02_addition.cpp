// A small transformer learns to add numbers of 1 to 10 digits, written least significant digit first, and then
// climbs past them on labels of its own, one digit per round. Sums are learned from short to long, which is many
// times faster than all lengths at once, and from numbers of unequal length, without which the model fits each
// length by itself. `--looped` runs one block three times instead of three blocks once: the same computation with
// a third of the weights.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges",
// ICML 2025, at a size for a laptop.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Addition::vocab, .context = 96, .width = 64, .heads = 4};
struct Adder : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};
struct LoopedAdder : Transformer<shape, NoPe, Looped<3, 1, AddInput>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int trained_to = 10, steps = 8'000, rounds = 4, round_steps = 500;
};

template <class Model, class Context>
void climb(Context& ctx, Settings const& s, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(Addition{});
    Journal    journal{"addition", "Adding numbers longer than any it was shown", common, flags};
    Model      model{ctx};
    Trainer    trainer{ctx, model, {.epsilon = 1e-6}};
    const auto test    = EvaluateOptions{.to = s.trained_to + s.rounds, .each = 512};
    const auto lengths = Uniform{1, s.trained_to};
    const auto mixed   = Addition{.operands = Operands::mixed};
    const auto warm_up = [](int step) { return 2.5e-3 * std::min(1.0, (step + 1) / 200.0); };

    train(trainer, mixed, GrowWhenMastered{{.limit = s.trained_to, .mastery = 0.9, .review = 0.5}},
          {.steps      = s.steps / 2,
           .rate       = warm_up,
           .test_every = 100,
           .test_each  = 32,
           .watch      = journal.watch("grow")});
    train(trainer, mixed, lengths,
          {.steps = s.steps - s.steps / 2, .peak = 1.5e-3, .watch = journal.watch("settle")});
    const Report before = evaluate(ctx, model, Addition{}, test);

    self_improve(trainer, Addition{}, lengths, LengthFilter{} | ConfidenceFilter{.least = 0.999},
                 {.rounds      = s.rounds,
                  .prompts     = 2'000,
                  .steps       = s.round_steps,
                  .peak        = 1.5e-3,
                  .test        = {.to = test.to, .each = 128},
                  .watch       = journal.watch_climb(),
                  .watch_round = journal.watch_round()});
    pretrained.save(model, Addition{});
    journal.finish(s.trained_to, {{"before", before}, {"after", evaluate(ctx, model, Addition{}, test)}},
                   {{"weights", Model::parameters}});
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    bool     looped = false;
    Flags    flags{"Teaches a small transformer to add, then lets it climb on labels of its own."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", s.trained_to, "digits of the longest true sum", {.least = 1, .most = 20});
    flags.add("steps", s.steps, "training steps: half while sums grow, half on all lengths", {.least = 2});
    flags.add("rounds", s.rounds, "rounds of self-improvement, one digit each", {.least = 1, .most = 10});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("looped", looped, "one block run three times instead of three blocks");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        looped ? climb<LoopedAdder>(ctx, s, common, flags, pretrained)
               : climb<Adder>(ctx, s, common, flags, pretrained);
    });
}
