// Does a model that adds know how to add? One that was shown sums of 1, 3 and 5 digits, of one digit all 81 there are,
// answers others of 3 and 5 digits, and hardly any of 2, 4, 6 or 7; nor the same sums once the prompt looks a little
// different. What the wrong answers have in common says what it learnt instead.
// After Lee et al., "Teaching arithmetic to small transformers", ICLR 2024 (sections on lengths left out and on
// formats), with 3 layers of width 64 instead of 6 of 384; positions are learned, as there.

#include "rung/curriculum/weighted.hpp"
#include "rung/eval/slip_counts.hpp"
#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"
#include "rung/task/common_alphabet.hpp"

using namespace rung;

/// The answer is always written as in training; what changes is the prompt.
using Bare     = ReverseResult<Plain>;
using Filled   = InDollars<ZeroPadded<Bare>>;
using Turned   = InDollars<ReverseOperands<Bare>>;
using Airy     = InDollars<Spaced<Bare>>;
using Alphabet = CommonAlphabet<AdditionIn<ReversedAnswer>, AdditionIn<Airy>>;
using Sums     = InAlphabet<AdditionIn<ReversedAnswer>, Alphabet>;

/// Sums whose prompts are written in another format, the second number with fewer digits if asked.
template <class Format>
struct Asked : Sums {
    int second = 0;  ///< digits of the second number; 0: as many as the first has

    Example sample(Rng& rng, int n) const {
        const auto a = digits::random(rng, n), b = digits::random(rng, second > 0 ? second : n);
        return {AdditionIn<Format>{}.example(a, b).prompt, example(a, b).answer};
    }
    int         longest(int n) const { return AdditionIn<Format>{}.longest(n) + Sums::longest(n); }
    static auto numbers(std::string_view prompt) { return AdditionIn<Format>::numbers(prompt); }
};

inline constexpr Shape shape{.vocab = Sums::vocab, .context = 96, .width = 64, .heads = 4};
struct Adder : Transformer<shape, Learned, Stacked<3>> {
    using Transformer::Transformer;
};

struct Settings {
    int steps = 1'500, each = 1'000;
};

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags flags{"Teaches sums of 1, 3 and 5 digits, and asks for others, and for the same in other words."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("steps", s.steps, "training steps", {.least = 2});
    flags.add("each", s.each, "sums of each kind in the test", {.least = 1});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Adder>(Sums{});
        Journal journal{"shortcuts", "What a model learns instead of adding", common, flags};
        Adder   model{ctx};
        Trainer trainer{ctx, model};
        train(trainer, Sums{}, Weighted{{{1, 1}, {3, 3}, {5, 5}}},
              {.steps = s.steps, .batch = 128, .peak = 2e-3, .watch = journal.watch("sums")});

        Page::Cells header{"sums", "such as", "exact match"};
        for (const auto name : slip_names)
            if (name != slip_name(Slip::none)) header.emplace_back(name);
        std::vector<Page::Cells> rows;
        Json                     results;
        const auto               ask = [&](auto const& task, std::string const& name, int digits) {
            SlipCounts  slips{task};
            std::string shown;
            const auto  watch = [&](Answered const& answered) {
                if (answered.number == 0) shown = answered.truth.prompt;
                slips(answered);
            };
            const auto score =
                evaluate(ctx, model, task, {.from = digits, .to = digits, .each = s.each, .watch = watch})
                    .scores[0];
            auto& row = rows.emplace_back(Page::Cells{name, shown, Journal::cell(score)});
            for (std::size_t slip = 1; slip < slip_names.size(); ++slip)
                row.push_back(std::to_string(slips.count(Slip(slip))));
            results.set(name, score.exact_match());
        };
        for (int n = 1; n <= 7; ++n)
            ask(Asked<ReversedAnswer>{},
                std::to_string(n) + (n > 1 ? " digits, " : " digit, ") +
                    (n > 5   ? "longer"
                     : n % 2 ? "trained"
                             : "between"),
                n);
        ask(Asked<ReversedAnswer>{{}, 3}, "5 digits and 3", 5);
        ask(Asked<Filled>{{}, 3}, "5 digits and 3, zeros in front", 5);
        ask(Asked<Turned>{}, "5 digits, numbers reversed", 5);
        ask(Asked<Bare>{}, "5 digits, no $ in front", 5);
        ask(Asked<Airy>{}, "5 digits, spaces", 5);
        pretrained.save(model, Sums{});
        journal.finish(
            "Exact match on sums of each kind, and how many of the wrong answers are wrong in which way.",
            header, rows, {{"exact_match", results}});
    });
}
