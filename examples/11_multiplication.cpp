// Multiplication in writing, digit by digit: models that were shown products of short numbers climb to longer ones, one
// pair of lengths after another. Alone, a model's labels get worse with every pair. Their length is known from the
// numbers', so a filter on it sees dropped steps; and several models that err each in its own way see most of the rest
// by a vote.
// After Lee et al., "Self-improving transformers overcome easy-to-hard and length generalization challenges", ICML
// 2025, sections 5 and 6 (1 to 5 digits, then 6x1 to 10x10, five voters); `--paper` has their sizes. By default only
// the first number grows, past products of 5 by 2 digits: from products of 3 by 3 a model this small learns nothing of
// longer ones (examples/RESULTS.md).

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"
#include "rung/task/multiplication.hpp"

using namespace rung;

inline constexpr Shape shape{.vocab = Multiplication::vocab, .context = 128, .width = 64, .heads = 4};
inline constexpr Shape paper_shape{
    .vocab = Multiplication::vocab, .context = 384, .width = 384, .heads = 6, .hidden = 1536};
struct Multiplier : Transformer<shape, NoPe, Stacked<3>, Llama> {
    using Transformer::Transformer;
};
struct PaperMultiplier : Transformer<paper_shape, NoPe, Stacked<6>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int trained_to = 5, second = 2, climb_to = 8, voters = 3, steps = 5'000, round_steps = 400, decay = 0,
        prompts = 1'000, batch = 128;
    double peak = 1.5e-3, round_peak = 4e-4, least = 1, sure = 0.95;
    bool   paper = false;
};

/// The first number grows by a digit, beside every length of the second.
InOrder first_grows(int from, int to, int second) {
    InOrder order;
    for (int a = from + 1; a <= to; ++a)
        for (int b = 1; b <= second; ++b) order.rounds.push_back({{a, b}});
    return order;
}

template <class Model, class Context>
void climb(Context& ctx, Settings const& s, std::string const& only, Common const& common, Flags const& flags,
           PretrainedFlag const& pretrained) {
    pretrained.check<Model>(Multiplication{});
    Journal journal{"multiplication", "Products: labels by one model, by length, by a vote", common, flags};
    const Difficulty from{s.trained_to, s.second}, to{s.climb_to, s.paper ? s.climb_to : s.second};
    const Uniform    lengths{{1, 1}, from};
    const auto       order =
        s.paper ? both_grow(s.trained_to, s.climb_to) : first_grows(s.trained_to, s.climb_to, s.second);
    std::vector<std::pair<std::string, Report>> after;
    std::vector<std::pair<std::string, Json>>   solved;

    auto voters = make_voters<Model>(ctx, only == "none" || only == "length" ? 1 : s.voters,
                                     {.epsilon = s.paper ? 1e-12 : 1e-6});
    train(voters, Multiplication{}, lengths,
          {.steps = s.steps, .batch = s.batch, .peak = s.peak, .watch = journal.watch("train")});
    const std::string taught = saved(voters);  // every climb begins here

    const auto run = [&](std::string const& name, auto& who, LabelFilter const& filter) {
        if (only != "all" && only != name) return;
        load(voters, taught);
        const auto rounds = self_improve(
            who, Multiplication{}, lengths, filter,
            {.rounds      = (s.paper ? 1 : 3) * int(order.rounds.size()),
             .prompts     = s.prompts,
             .steps       = s.round_steps,
             .batch       = s.batch,
             .peak        = s.round_peak,
             .decay       = s.decay,
             .schedule    = order,
             .replay      = HalfNewest{.first = double(s.trained_to), .enough = s.paper ? 0 : s.prompts},
             .watchdog    = s.paper ? Watchdog(Collapse{}) : Watchdog(hold_until_kept(0.5)),
             .test        = {.from = {1, 1}, .to = to, .each = 128},
             .watch       = journal.watch_climb(name),
             .watch_round = journal.watch_round(name)});
        pretrained.save(voters[0].model(), Multiplication{}, name);
        if (after.empty()) after.emplace_back("before", rounds.front().before);
        after.emplace_back(name, rounds.back().after);
        solved.emplace_back("solved_" + name, rounds.back().after.reach());
    };
    run("none", voters[0], NoFilter{});
    run("length", voters[0], LengthFilter{});
    const auto vote = Agreement{.least = s.least} | ConfidenceFilter{.least = s.sure};
    run("vote", voters, vote);
    run("both", voters, vote | LengthFilter{});
    journal.finish(from, after, solved);
}

int main(int argc, char** argv) {
    Common      common;
    Settings    s;
    std::string only = "all";
    Flags       flags{"Climbs from short products to long ones, by labels that are filtered in four ways."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("filter", only, "which climb", {"all", "none", "length", "vote", "both"});
    flags.add("trained-to", s.trained_to, "digits of the longest first number with a true product",
              {.least = 1, .most = 8});
    flags.add("climb-to", s.climb_to, "digits of the longest first number in the end",
              {.least = 2, .most = 9});
    flags.add("second", s.second, "digits of the longest second number", {.least = 1, .most = 4});
    flags.add("voters", s.voters, "models that vote", {.least = 2, .most = 100});
    flags.add("agree", s.least, "share of them that must agree", {.least = 0, .most = 1});
    flags.add("sure", s.sure, "mean confidence of the voters from which on a label counts; 0: all",
              {.least = 0, .most = 1});
    flags.add("steps", s.steps, "training steps on true labels", {.least = 1});
    flags.add("round-steps", s.round_steps, "training steps per round", {.least = 1});
    flags.add("prompts", s.prompts, "labelled per round, for each model", {.least = 1});
    flags.add("paper", s.paper, "the published sizes, for a GPU: instead of flags but filter");
    return program(argc, argv, flags, common, [&](auto& ctx) {
        if (s.paper)
            flags.refuse_beside("--paper", {"trained-to", "climb-to", "second", "voters", "agree", "sure",
                                            "steps", "round-steps", "prompts"});
        check_flag(s.paper || s.climb_to > s.trained_to, "--climb-to: got ", s.climb_to,
                   ", wanted more than --trained-to, ", s.trained_to);
        if (s.paper) {
            s = {5, 5, 10, 5, 10'000, 3'000, 1'000, 50'000, 1'024, 5e-5, 5e-5, 0.8, 0, true};
            climb<PaperMultiplier>(ctx, s, only, common, flags, pretrained);
        } else {
            climb<Multiplier>(ctx, s, only, common, flags, pretrained);
        }
    });
}
