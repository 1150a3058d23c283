// Sums written most significant digit first are hard to climb on: past the lengths it knows, a model leaves digits out,
// learns from its own mistakes, and stops. A filter that drops answers shorter than the longest of their batch sees
// most of these mistakes without knowing one right answer.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML
// 2025, section 5.1, at a size for a laptop; `--paper` has theirs.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = PlainAddition::vocab, .context = 128, .width = 64, .heads = 4};
inline constexpr Shape paper_shape{
    .vocab = PlainAddition::vocab, .context = 256, .width = 384, .heads = 6, .hidden = 1536};
struct Adder : Transformer<shape, NoPe, Stacked<4>, Llama> {
    using Transformer::Transformer;
};
struct PaperAdder : Transformer<paper_shape, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int trained_to = 6, steps = 6'000, rounds = 10, round_steps = 300, decay = 0, prompts = 2'000,
        batch    = 128;
    double peak  = 1.5e-3;
    bool   paper = false;
};

template <class Model, class Context>
void climb(Context& ctx, Settings const& s, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(PlainAddition{});
    Journal journal{"forward_addition", "Sums from the left: a filter on length against none", common, flags};
    Model   model{ctx};
    Trainer trainer{ctx, model, {.epsilon = s.paper ? 1e-12 : 1e-6}};
    const auto lengths = Uniform{1, s.trained_to};
    const auto mixed   = PlainAddition{.operands = Operands::mixed};
    int        steps   = s.steps;
    if (!s.paper) {  // sums from short to long: many times faster than all at once
        steps -= s.steps / 2;
        train(trainer, mixed, GrowWhenMastered{{.limit = s.trained_to, .mastery = 0.9, .review = 0.5}},
              {.steps      = s.steps / 2,
               .rate       = [](int step) { return 2.5e-3 * std::min(1.0, (step + 1) / 200.0); },
               .test_every = 100,
               .test_each  = 32,
               .watch      = journal.watch("grow")});
    }
    train(trainer, mixed, lengths,
          {.steps = steps, .batch = s.batch, .peak = s.peak, .watch = journal.watch("train")});

    const std::string taught = saved(trainer);  // both climbs begin here
    const auto        test   = EvaluateOptions{.to = s.trained_to + s.rounds + 4, .each = 512};
    std::vector<std::pair<std::string, Report>> reports{
        {"before", evaluate(ctx, model, PlainAddition{}, test)}};
    std::vector<std::pair<std::string, Json>> frontiers;
    const auto                                run = [&](std::string const& name, LabelFilter const& filter) {
        load(trainer, taught);
        self_improve(trainer, PlainAddition{}, Lesson{mixed, lengths}, filter,
                                                    {.rounds      = s.rounds,
                                                     .prompts     = s.prompts,
                                                     .steps       = s.round_steps,
                                                     .batch       = s.batch,
                                                     .peak        = s.peak,
                                                     .decay       = s.decay,
                                                     .test        = {.to = test.to, .each = 128},
                                                     .watch       = journal.watch_climb(name),
                                                     .watch_round = journal.watch_round(name)});
        pretrained.save(model, PlainAddition{}, name);
        reports.emplace_back(name, evaluate(ctx, model, PlainAddition{}, test));
        frontiers.emplace_back("frontier_" + name, reports.back().second.frontier().first);
    };
    run("none", NoFilter{});
    run("length", LengthFilter{.margin = 2});
    journal.finish(s.trained_to, reports, frontiers);
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags flags{"Climbs on sums written from the left, with a filter on the length of labels and without."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", s.trained_to, "digits of the longest true sum", {.least = 1, .most = 15});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 2});
    flags.add("rounds", s.rounds, "rounds of self-improvement, one digit each", {.least = 1, .most = 20});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("paper", s.paper, "the published sizes instead of the flags above, for a GPU");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        if (s.paper) {
            s = {10, 10'000, 60, 3'000, 1'000, 50'000, 1'024, 5e-4, true};
            climb<PaperAdder>(ctx, s, common, flags, pretrained);
        } else {
            climb<Adder>(ctx, s, common, flags, pretrained);
        }
    });
}
