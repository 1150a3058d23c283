// Sums written most significant digit first are hard to climb on: a digit depends on all carries to its right, and past
// the lengths it knows a model forgets some, learns from its own mistakes, and stops. A filter on length sees answers
// that lost a digit; a vote of models, each asked both ways round, sees most of the rest, without one right answer.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML
// 2025, section 5.1, which has the filter on length alone, at a size for a laptop; `--paper` has theirs. By default
// numbers are equally long, and sums have a digit more, if need be a zero: "853+797=1650", "412+305=0717".

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

/// A digit is told by its place within its number. Since numbers are equally long, those that are added are then as far
/// apart in long sums as in short ones (Cho et al., "Position coupling", NeurIPS 2024).
struct Filled : AdditionIn<FilledResult<Plain>> {
    int place(std::string_view text) const { return digit_place(text); }
};

inline constexpr Shape shape{.vocab = Filled::vocab, .context = 128, .width = 64, .heads = 2};
inline constexpr Shape paper_shape{
    .vocab = PlainAddition::vocab, .context = 256, .width = 384, .heads = 6, .hidden = 1536};
struct Adder : Transformer<shape, Rope<100>, Stacked<4>, Llama> {
    using Transformer::Transformer;
};
struct PaperAdder : Transformer<paper_shape, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int trained_to = 8, further = 8, voters = 2, steps = 14'000, round_steps = 500, decay = 0,
        prompts = 2'000, batch = 64;
    double peak = 1.5e-3, round_peak = 6e-4, sure = 0.999;
    bool   paper = false;
};

inline constexpr Settings published{.trained_to  = 10,
                                    .further     = 60,
                                    .voters      = 3,
                                    .steps       = 10'000,
                                    .round_steps = 3'000,
                                    .decay       = 1'000,
                                    .prompts     = 50'000,
                                    .batch       = 1'024,
                                    .peak        = 5e-4,
                                    .round_peak  = 5e-4,
                                    .sure        = 0,
                                    .paper       = true};

InOrder a_digit_a_round(int from, int rounds) {
    InOrder order;
    for (int digits = from + 1; digits <= from + rounds; ++digits) order.rounds.push_back({{digits}});
    return order;
}

template <class Task, class Model, class Context>
void climb(Context& ctx, Settings const& s, std::string const& only, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(Task{});
    Journal    journal{"forward_addition", "Sums from the left: labels filtered and not", common, flags};
    const bool votes   = only == "vote" || (only == "all" && !s.paper);
    auto       voters  = make_voters<Model>(ctx, votes ? s.voters : 1, {.epsilon = s.paper ? 1e-12 : 1e-8});
    const auto lengths = Uniform{1, s.trained_to};
    if (!s.paper)  // sums from short to long: many times faster than all at once
        train(voters, Task{}, GrowWhenMastered{{.limit = s.trained_to, .mastery = 0.9, .review = 0.5}},
              {.steps      = s.steps / 2,
               .batch      = s.batch,
               .rate       = [](int step) { return 2.5e-3 * std::min(1.0, (step + 1) / 200.0); },
               .test_every = 100,
               .test_each  = 32,
               .watch      = journal.watch("grow")});
    train(voters, Task{}, lengths,
          {.steps = s.paper ? s.steps : s.steps - s.steps / 2,
           .batch = s.batch,
           .peak  = s.peak,
           .watch = journal.watch("train")});

    const std::string taught = saved(voters);  // every climb begins here
    auto&             model  = voters[0].model();
    const auto        test   = EvaluateOptions{.to = s.trained_to + s.further + 2, .each = 512};
    std::vector<std::pair<std::string, Report>> reports{{"before", evaluate(ctx, model, Task{}, test)}};
    std::vector<std::pair<std::string, Json>>   frontiers;
    const auto run = [&](std::string const& name, auto& who, LabelFilter const& filter,
                         Labeller const& labeller, Watchdog const& watchdog) {
        if (only != "all" && only != name) return;
        load(voters, taught);
        self_improve(who, Task{}, lengths, filter,
                     {.rounds      = (s.paper || name != "vote" ? 1 : 5) * s.further,
                      .prompts     = s.prompts,
                      .steps       = s.round_steps,
                      .batch       = s.batch,
                      .peak        = s.round_peak,
                      .decay       = s.decay,
                      .schedule    = a_digit_a_round(s.trained_to, s.further),
                      .labeller    = labeller,
                      .replay      = HalfNewest{.enough = s.paper ? 0 : s.prompts / 2},
                      .watchdog    = watchdog,
                      .test        = {.to = test.to, .each = 128},
                      .watch       = journal.watch_climb(name),
                      .watch_round = journal.watch_round(name)});
        pretrained.save(model, Task{}, name);
        reports.emplace_back(name, evaluate(ctx, model, Task{}, test));
        frontiers.emplace_back("frontier_" + name, reports.back().second.frontier().first);
    };
    const LengthFilter length{.margin = s.paper ? 2 : 1};
    run("none", voters[0], NoFilter{}, greedy_label(), Collapse{});
    run("length", voters[0], length, greedy_label(), Collapse{});
    if (votes)
        run("vote", voters, length | Agreement{1} | SelfConsistency{1} | ConfidenceFilter{s.sure},
            reworded(swapped_sum), hold_until_kept(0.75));
    journal.finish(s.trained_to, reports, frontiers);
}

int main(int argc, char** argv) {
    Common      common;
    Settings    s;
    std::string only = "all";
    Flags       flags{"Climbs on sums written from the left, by labels that are filtered in three ways."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("filter", only, "which climb", {"all", "none", "length", "vote"});
    flags.add("trained-to", s.trained_to, "digits of the longest true sum", {.least = 1, .most = 15});
    flags.add("further", s.further, "digits past these", {.least = 1, .most = 20});
    flags.add("voters", s.voters, "models that vote", {.least = 2, .most = 100});
    flags.add("sure", s.sure, "mean confidence of the voters from which on a label counts; 0: all",
              {.least = 0, .most = 1});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 2});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("prompts", s.prompts, "labelled per round, for each model", {.least = 1});
    flags.add("paper", s.paper, "the published sizes, for a GPU: instead of flags but filter");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        if (s.paper)
            flags.refuse_beside(
                "--paper", {"trained-to", "further", "voters", "sure", "steps", "round-steps", "prompts"});
        if (s.paper) climb<PlainAddition, PaperAdder>(ctx, published, only, common, flags, pretrained);
        else climb<Filled, Adder>(ctx, s, only, common, flags, pretrained);
    });
}
