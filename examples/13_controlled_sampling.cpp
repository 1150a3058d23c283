// Does it matter how hard the next problems are? Four climbs of the same model, with as many labels and as many training
// steps: one digit further each round; four digits; lengths at random from all that are wanted in the end; and as far as
// the model is sure of itself. Four digits further it is sure of nothing, no label is kept and the climb stays where it
// was. At random it keeps the labels that it can already give, which controls the difficulty too, at a slower pace.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML 2025
// (section 7.1: how large a step may be), at a size for a laptop.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Reverse::vocab, .context = 128, .width = 64, .heads = 4};
struct Reverser : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int    trained_to = 10, climb_to = 17, steps = 2'500, rounds = 7, round_steps = 200, prompts = 2'000;
    double sure = 0.999;
};

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags    flags{
        "Climbs with small steps, large steps, no steps at all, and steps that the model decides on."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("trained-to", s.trained_to, "longest string with a true label", {.least = 1, .most = 24});
    flags.add("climb-to", s.climb_to, "longest string that is wanted", {.least = 2, .most = 56});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 1});
    flags.add("rounds", s.rounds, "rounds of self-improvement", {.least = 1, .grows = true});
    flags.add("sure", s.sure, "confidence of a label that is kept; 0: all are", {.least = 0, .most = 1});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("prompts", s.prompts, "labelled per round", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        check_flag(s.climb_to > s.trained_to, "--climb-to: got ", s.climb_to,
                   ", wanted more than --trained-to, ", s.trained_to);
        pretrained.check<Reverser>(Reverse{});
        Journal    journal{"controlled_sampling", "How hard the next problems are", common, flags};
        const auto lengths = Uniform{1, s.trained_to};
        const auto test    = EvaluateOptions{.to = s.climb_to, .each = 128};
        Reverser   model{ctx};
        Trainer    trainer{ctx, model, {.epsilon = 1e-6}};
        train(trainer, Reverse{}, lengths,
              {.steps = s.steps, .peak = 1.5e-3, .watch = journal.watch("train")});
        const std::string                           taught = saved(trainer);  // every climb begins here
        std::vector<std::pair<std::string, Report>> after{{"before", evaluate(ctx, model, Reverse{}, test)}};
        std::vector<std::pair<std::string, Json>>   frontiers;

        const auto run = [&](std::string const& name, LabelSchedule const& schedule) {
            load(trainer, taught);
            self_improve(trainer, Reverse{}, lengths, ConfidenceFilter{.least = s.sure},
                         {.rounds      = s.rounds,
                          .prompts     = s.prompts,
                          .steps       = s.round_steps,
                          .peak        = 1.5e-3,
                          .schedule    = schedule,
                          .test        = test,
                          .watch       = journal.watch_climb(name),
                          .watch_round = journal.watch_round(name)});
            pretrained.save(model, Reverse{}, name);
            after.emplace_back(name, evaluate(ctx, model, Reverse{}, test));
            frontiers.emplace_back("frontier_" + name, after.back().second.frontier().first);
        };
        // At the last length that is wanted a climb stays.
        const auto steps_of = [&](int by) -> LabelSchedule {
            return [=](Turn const& turn) {
                return std::vector<Target>{
                    {std::min(turn.hardest.first + by * (turn.level + 1), s.climb_to)}};
            };
        };
        run("one", steps_of(1));
        run("four", steps_of(4));
        run("any", [&](Turn const& turn) {
            return Next{.each = s.climb_to - s.trained_to}({0, turn.hardest, turn.history, turn.probe});
        });
        run("sure", [&](Turn const& turn) {
            const auto further = AsFarAs{.by = &Probe::confidence, .most = 4, .last = s.climb_to}(turn);
            return further.empty() ? std::vector<Target>{{s.climb_to}} : further;
        });
        journal.finish(s.trained_to, after, frontiers);
    });
}
