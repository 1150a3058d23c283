// How far past its training data does a model climb? One that was shown strings of 1 to 10 digits, to copy or to
// reverse, or sums of short numbers, labels what is a little harder, keeps what it is sure of, and trains on it: round
// after round, each as far as it is still sure of itself. Of sums two models must say the same, whichever number is
// first.
//
//     bash examples/run.sh climb --task copy            also reverse, addition
//     bash examples/run.sh climb --task addition --paper --device cuda
//
// `--paper` has the sizes of Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization
// challenges", ICML 2025: 6 layers of width 384 (14 million weights), one digit a round, no filter.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"
#include "rung/task/common_alphabet.hpp"

using namespace rung;

// One alphabet for the three tasks, so that one model serves them all.
inline constexpr Shape shape{.vocab = Addition::vocab, .context = 192, .width = 64, .heads = 4};
inline constexpr Shape paper_shape{
    .vocab = Addition::vocab, .context = 384, .width = 384, .heads = 6, .hidden = 1536};
struct Climber : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};
struct PaperClimber : Transformer<paper_shape, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    std::string task = "reverse";
    int trained_to = 10, steps = 0, rounds = 0, round_steps = 0, voters = 0, decay = 0, prompts = 2'000,
        batch   = 128;
    double peak = 1.5e-3, round_peak = 1.5e-3, sure = -1;
    bool   paper = false;
};

/// What the paper does with each task.
Settings published(std::string const& task, int rounds) {
    const bool adds = task == "addition";
    return {.task        = task,
            .trained_to  = adds ? 16 : 10,
            .steps       = adds ? 10'000 : 2'000,
            .rounds      = rounds > 0 ? rounds : 20,
            .round_steps = adds ? 1'000 : 500,
            .voters      = 1,
            .decay       = 500,
            .prompts     = adds ? 50'000 : 20'000,
            .batch       = 1'024,
            .peak        = 5e-4,
            .round_peak  = 5e-4,
            .paper       = true};
}

/// What a laptop does with each task where no flag says how much: sums take three times as long to learn, and are
/// forgotten at the rates that they were learnt at.
Settings settled(Settings s) {
    const bool adds = s.task == "addition";
    check_flag(!adds || s.steps != 1, "--steps: got 1, wanted at least 2 of sums, of which half grow; or 0");
    if (s.steps == 0) s.steps = adds ? 8'000 : 2'500;
    if (s.rounds == 0) s.rounds = adds ? 22 : 40;
    if (s.round_steps == 0) s.round_steps = adds ? 500 : 200;
    if (s.voters == 0) s.voters = adds ? 2 : 1;
    if (s.sure < 0) s.sure = adds ? 0.99 : 0.999;
    if (adds) s.round_peak = 4e-4;
    return s;
}

template <class Model, class Context, class Task>
void climb(Context& ctx, Task const& task, Settings const& s, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(task);
    Journal    journal{"climb", "Past what it was shown: " + s.task, common, flags};
    auto       voters  = make_voters<Model>(ctx, s.voters, {.epsilon = s.paper ? 1e-12 : 1e-6});
    const auto lengths = Uniform{1, s.trained_to};
    Task       shown   = task;
    int        steps   = s.steps;
    if constexpr (requires { shown.operands; })
        shown.operands = s.paper ? Operands::mixed : Operands::half_equal;
    if (s.task == "addition" && !s.paper) {  // sums from short to long: many times faster than all at once
        train(voters, shown, GrowWhenMastered{{.limit = s.trained_to, .mastery = 0.9, .review = 0.5}},
              {.steps      = s.steps / 2,
               .rate       = [](int step) { return 2.5e-3 * std::min(1.0, (step + 1) / 200.0); },
               .test_every = 100,
               .test_each  = 32,
               .watch      = journal.watch("grow")});
        steps = s.steps - s.steps / 2;
    }
    train(voters, shown, lengths,
          {.steps = steps, .batch = s.batch, .peak = s.peak, .watch = journal.watch("train")});

    const Lesson first{shown, lengths};  // numbers of unequal length too, as they were learnt
    const auto   past = EvaluateOptions{.to = (Model::shape.context - 4) / 3, .each = 128};
    // The rounds of a laptop come no further with sums than this, and the longest cost most.
    const auto far =
        s.task == "addition" && !s.paper ? std::min(past.to, Difficulty(3 * s.trained_to)) : past.to;
    const auto   test   = EvaluateOptions{.from = s.trained_to, .to = far, .by = 2, .each = 64};
    const Report before = evaluate(ctx, voters[0].model(), task, past);
    ClimbOptions options{.rounds      = s.rounds,
                         .prompts     = s.prompts,
                         .steps       = s.round_steps,
                         .batch       = s.batch,
                         .peak        = s.round_peak,
                         .decay       = s.decay,
                         .test        = test,
                         .watch       = journal.watch_climb(),
                         .watch_round = journal.watch_round()};
    if (s.paper) {
        self_improve(voters, task, first, NoFilter{}, options);
    } else {
        options.schedule =
            AsFarAs{.bar = std::max(s.sure, 0.99), .by = &Probe::confidence, .most = 4, .last = past.to};
        // The sums that a model is sure of first are few, and perhaps of some kinds only. So a round that keeps less
        // than half is gone through again before the next length, and its labels count for less; the thirteenth such
        // round in a row ends the climb. Every voter is asked both ways round, and all their answers must be one.
        if (s.task == "addition") {
            options.labeller = reworded(swapped_sum);
            options.replay   = HalfNewest{.enough = s.prompts / 2};
            options.watchdog = hold_until_kept(0.5);
        }
        const auto sure = LengthFilter{} | ConfidenceFilter{.least = s.sure} | SelfConsistency{.least = 1};
        self_improve(voters, task, first,
                     s.voters > 1 ? LabelFilter(sure | Agreement{.least = 1}) : LabelFilter(sure), options);
    }
    const Report after = evaluate(ctx, voters[0].model(), task, past);
    pretrained.save(voters[0].model(), task);
    journal.finish(
        s.trained_to, {{"before", before}, {"after", after}},
        {{"frontier_before", before.frontier().first}, {"frontier_after", after.frontier().first}});
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags    flags{"Teaches a small transformer short problems and lets it climb to long ones."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("task", s.task, "what to learn", {"reverse", "copy", "addition"});
    flags.add("trained-to", s.trained_to, "longest problem with a true label", {.least = 1, .most = 24});
    flags.add("steps", s.steps, "training steps on true labels; 0: 2,500, of sums 8,000", {.least = 0});
    flags.add("rounds", s.rounds, "rounds of self-improvement; 0: 40, of sums 22, of the paper's sizes 20",
              {.least = 0, .grows = true});
    flags.add("round-steps", s.round_steps, "training steps per round; 0: 200, of sums 500", {.least = 0});
    flags.add("prompts", s.prompts, "labelled per round, for each model", {.least = 1});
    flags.add("voters", s.voters, "models that must agree on a label; 0: 1, for sums 2",
              {.least = 0, .most = 1'000});
    flags.add("sure", s.sure,
              "confidence of a label that is kept, and at least that of the lengths to go to; -1: 0.999, of "
              "sums 0.99",
              {.least = -1, .most = 1});
    flags.add("paper", s.paper, "the published sizes, for a GPU: instead of flags but task and rounds");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        if (s.paper)
            flags.refuse_beside("--paper",
                                {"trained-to", "steps", "round-steps", "prompts", "voters", "sure"});
        s              = s.paper ? published(s.task, s.rounds) : settled(s);
        const auto run = [&](auto const& task) {
            if (s.paper) climb<PaperClimber>(ctx, task, s, common, flags, pretrained);
            else climb<Climber>(ctx, task, s, common, flags, pretrained);
        };
        if (s.task == "addition") run(Addition{});
        else if (s.task == "copy") run(InAlphabet<Copy, Addition>{});
        else run(InAlphabet<Reverse, Addition>{});
    });
}
