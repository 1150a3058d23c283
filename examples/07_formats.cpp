// How must a sum be written, for few examples to be enough? The same model learns to add numbers of at most three
// digits from sets that grow, written plainly, with the answer reversed, and with its steps, until it answers 99 % of
// the sums of two numbers of three digits that it was not shown, or its sets are used up, as they always are where sums
// are plain, to see how long these stand still. Steps make examples longer: what is cheap in examples is not in tokens.
// After Lee et al., "Teaching arithmetic to small transformers", ICLR 2024, with its sets, balanced by digits and
// carries, and its windows of one shuffled text, at a size for a laptop: 3 layers of width 48 with rotary positions
// instead of 6 of 384 with learned ones, half its dropout, and 8,000 steps of 1,024 tokens (960 where windows are of
// 320), of scratchpads 16,000, instead of 5,000 of 65,536 and 20,000 of 16,384. Answers are greedy, not sampled. The
// paper's test is all numbers below 1,000, of which one sum in five has numbers of unequal length. So small a model
// learns these late, whatever the format; "all sums" has them, too.

#include "rung/data/number_pairs.hpp"
#include "rung/data/unseen.hpp"
#include "rung/data/windows.hpp"
#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"
#include "rung/task/common_alphabet.hpp"
#include "rung/tasks.hpp"

using namespace rung;

using Sums = CommonAlphabet<AdditionIn<Plain>, AdditionIn<ReversedAnswer>, AdditionIn<SimplifiedScratchpad>,
                            AdditionIn<DetailedScratchpad>>;

inline constexpr Shape shape{.vocab = Sums::vocab, .context = 320, .width = 48, .heads = 2};
struct Adder : Transformer<shape, Rope<>, Stacked<3>, Llama> {
    using Transformer::Transformer;
};

struct Settings {
    int         steps = 8'000, tokens = 1'024, each = 1'000;
    bool        quick  = false;
    std::string format = "all";
};

/// How sums are written, what their sets grow to, and what a model reads of them at a time.
struct Writing {
    std::string      name;
    std::vector<int> sizes;
    int              window, steps;
    bool             all_sets = false;  ///< also those past the first that is enough
};

/// What one set taught.
struct Trial {
    std::string format;
    int         examples = 0;
    std::size_t tokens   = 0;
    Score       equal{};  ///< numbers of three digits each, after the end of a line, as in training
    Score       after_newline{}, bare{};  ///< all numbers below 1,000, after it and without
    Series      by_step;
    int         mastered = 0;  ///< the step of the first test from which all reach 99 %; 0: none
};

template <class Format, class Context>
Trial trial(Context& ctx, Writing const& writing, int examples, Settings const& s,
            PretrainedFlag const& pretrained, Journal& journal) {
    std::string const&                         name = writing.name;
    const InAlphabet<AdditionIn<Format>, Sums> task{{.operands = Operands::any}};
    const ExampleSet set{task, balanced_pairs({.count = examples, .seed = ctx.seed()})};
    const Windows    text{task, set.examples(), writing.window, ctx.seed()};
    const auto       fresh = unseen(task, set);
    const auto       equal = unseen(InAlphabet<AdditionIn<Format>, Sums>{{.operands = Operands::equal}}, set);
    Trial      t{.format = name, .examples = examples, .tokens = text.size(), .by_step = {.name = name}};
    Adder      model{ctx};
    Trainer    trainer{ctx, model, {.beta2 = 0.99, .weight_decay = 0.1, .dropout = 0.1F}};
    const auto test = [&](auto const& sums, int each, Opening opening = Opening::newline) {
        return evaluate(ctx, model, sums, {.from = 3, .to = 3, .each = each, .opening = opening}).scores[0];
    };
    const auto look = [&](StepEvent const& e) {
        if (e.step % std::max(1, e.steps / 10) != 0) return;
        const double right = test(equal, std::max(1, s.each / 5)).exact_match();
        t.by_step.x.push_back(e.step), t.by_step.y.push_back(right);
        t.mastered = right < 0.99 ? 0 : t.mastered == 0 ? e.step : t.mastered;
    };
    const auto seen  = [&](Archive& all) { all(t.by_step.x, t.by_step.y, t.mastered); };
    const auto watch = journal.watch(name + ", " + std::to_string(examples) + " examples");
    train(trainer, text,
          {.steps = writing.steps,
           .batch = s.tokens / writing.window,
           .peak  = 3e-3,
           .watch = watch.and_then(look, seen)});
    t.equal         = test(equal, s.each);
    t.after_newline = test(fresh, s.each), t.bare = test(fresh, s.each, Opening::nothing);
    pretrained.save(model, task, name + "-" + std::to_string(examples));
    journal.record().write(Json{}
                               .set("event", "trial")
                               .set("format", name)
                               .set("examples", examples)
                               .set("equal", t.equal.exact_match())
                               .set("after_newline", t.after_newline.exact_match())
                               .set("bare", t.bare.exact_match()));
    std::fprintf(stderr, "%s, %d examples: %.3f of three digits each, %.3f of all that were not among them\n",
                 name.c_str(), examples, t.equal.exact_match(), t.after_newline.exact_match());
    return t;
}

/// Sets grow until one is enough, if they may stop there.
template <class Format, class Context>
void grow(Context& ctx, Writing writing, Settings const& s, PretrainedFlag const& pretrained,
          Journal& journal, std::vector<Trial>& trials) {
    if (s.format != "all" && s.format != writing.name) return;
    if (s.quick) writing.sizes.resize(2), writing.steps = std::max(2, writing.steps / 4);
    for (const int examples : writing.sizes) {
        trials.push_back(trial<Format>(ctx, writing, examples, s, pretrained, journal));
        if (trials.back().equal.exact_match() >= 0.99 && !writing.all_sets) return;
    }
}

void report(std::vector<Trial> const& trials, Journal& journal) {
    Figure by_example{
        {.title = "Exact match by examples", .x = "examples", .y = "exact match", .y_range = {0, 1}}};
    Figure by_token{
        {.title = "Exact match by tokens", .x = "tokens of the set", .y = "exact match", .y_range = {0, 1}}};
    Figure      by_step{{.title = "Exact match by step", .x = "step", .y = "exact match", .y_range = {0, 1}}};
    Page::Cells header{"format",   "examples",          "tokens",      "three digits each",
                       "all sums", "without a newline", "99 % by step"};
    std::vector<Page::Cells> rows;
    Json                     results, all_sums;
    for (std::size_t i = 0; i < trials.size();) {
        Series examples{.name = trials[i].format}, tokens = examples;
        Json   of_format, of_all;
        for (auto const& name = trials[i].format; i < trials.size() && trials[i].format == name; ++i) {
            Trial const& t     = trials[i];
            const double right = t.equal.exact_match();
            examples.x.push_back(t.examples), examples.y.push_back(right);
            tokens.x.push_back(double(t.tokens)), tokens.y.push_back(right);
            of_format.set(std::to_string(t.examples), right);
            of_all.set(std::to_string(t.examples), t.after_newline.exact_match());
            rows.push_back({name, std::to_string(t.examples), std::to_string(t.tokens),
                            Journal::cell(t.equal), Journal::cell(t.after_newline), Journal::cell(t.bare),
                            t.mastered > 0 ? std::to_string(t.mastered) : "none"});
        }
        by_example.line(examples), by_token.line(tokens), by_step.line(trials[i - 1].by_step);
        results.set(trials[i - 1].format, of_format), all_sums.set(trials[i - 1].format, of_all);
    }
    journal.page().figure("Sums of three digits each answered right, by examples in the set.",
                          by_example.svg());
    journal.page().figure("The same by tokens in the set.", by_token.svg());
    journal.page().figure("The largest set of each format, while it is learnt.", by_step.svg());
    journal.finish(
        "Exact match on sums that were not in the set, of three digits each and all, with 95 % intervals "
        "(Wilson).",
        header, rows, {{"exact_match", results}, {"all_sums", all_sums}});
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags    flags{"Teaches sums written in four ways, from sets that grow, and counts what each way needs."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("steps", s.steps, "training steps for each set, of scratchpads twice as many", {.least = 2});
    flags.add("each", s.each, "sums in each test", {.least = 1});
    flags.add("format", s.format, "which one", {"all", "detailed", "simplified", "reversed", "plain"});
    flags.add("quick", s.quick, "two sets of each format, a quarter of the steps: too few to compare them");

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Adder>(InAlphabet<AdditionIn<Plain>, Sums>{});
        Journal            journal{"formats", "How a sum is written", common, flags};
        std::vector<Trial> trials;
        grow<DetailedScratchpad>(ctx, {"detailed", {250, 500, 1'000}, 320, 2 * s.steps}, s, pretrained,
                                 journal, trials);
        grow<SimplifiedScratchpad>(ctx, {"simplified", {500, 1'000, 2'000}, 128, 2 * s.steps}, s, pretrained,
                                   journal, trials);
        grow<ReversedAnswer>(ctx, {"reversed", {1'000, 2'000, 4'000}, 64, s.steps}, s, pretrained, journal,
                             trials);
        grow<Plain>(ctx, {"plain", {2'000, 4'000, 8'000, 16'000}, 64, s.steps, true}, s, pretrained, journal,
                    trials);
        report(trials, journal);
    });
}
