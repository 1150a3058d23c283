#include "rung/experiment/grid.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "rung/data/apart.hpp"
#include "rung/data/unseen.hpp"
#include "rung/eval/digit_scores.hpp"
#include "rung/task/cycle_navigation.hpp"
#include "rung/task/grid_maze.hpp"
#include "rung/task/nary_addition.hpp"
#include "scratch.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

constexpr Shape shape{.vocab = Addition::vocab, .context = 40, .width = 16, .heads = 2};
using Adder = Transformer<shape, NoPe, Looped<2>, Llama>;
using Grid  = ByOperand<Addition>;

/// A model that answers some sums.
Adder trained(cpu::Context<>& ctx) {
    Adder   model{ctx};
    Trainer trainer{ctx, model};
    train(trainer, Addition{}, Uniform{1, 2}, {.steps = 200, .batch = 32, .peak = 1e-2});
    return model;
}

bool same(Report const& a, Report const& b) {
    return std::equal(a.scores.begin(), a.scores.end(), b.scores.begin(), b.scores.end(),
                      [](Score const& x, Score const& y) {
                          return x.difficulty == y.difficulty && x.correct == y.correct &&
                                 x.count == y.count &&
                                 std::memcmp(&x.passes, &y.passes, sizeof x.passes) == 0;
                      });
}

struct Stop {};

struct Fixed {
    int passes;
    int operator()(std::string_view) const { return passes; }
};

}  // namespace

TEST_CASE("grid: an evaluation stopped again and again, in the middle of a line too, is the one in one go") {
    const scratch::Folder folder;
    const std::string     path = folder / "grid.jsonl";
    cpu::Context          ctx{{.threads = 2}};
    const auto            model = trained(ctx);
    EvaluateOptions       options{.to = {3, 4}, .each = 20};
    const Report          whole = evaluate(ctx, model, Grid{}, options, StableFor{2});
    CHECK(whole.at({1, 1}).correct > 0);
    CHECK(whole.at({1, 1}).passes > 0);
    int starts = 0, asked = 0;
    for (bool done = false; !done && starts < 50; ++starts) {
        int left      = 50 + 40 * starts;  // two problems and a half more than were answered before
        options.watch = [&](Answered const&) {
            if (--left < 0) throw Stop{};
            ++asked;
        };
        try {
            const Report report = evaluate_into(path, ctx, model, Grid{}, options, StableFor{2});
            CHECK(same(report, whole));
            done = true;
        } catch (Stop) {
            const std::string text = scratch::read(path);
            if (starts == 1) scratch::write(path, text.substr(0, text.size() - 7));  // a torn line
            if (starts == 2) scratch::write(path, text + "{\"cell\":\"3x");          // and another
        }
    }
    CHECK(starts == 6);
    const std::string text = scratch::read(path);
    CHECK(scratch::count(text, "\n") == 1 + 12);
    CHECK(same(evaluate_into(path, ctx, model, Grid{}, {.to = {3, 4}, .each = 20}, StableFor{2}), whole));
    CHECK(scratch::read(path) == text);  // nothing was left to do
    // More difficulties go on in the same file.
    CHECK(same(evaluate_into(path, ctx, model, Grid{}, {.to = {4, 4}, .each = 20}, StableFor{2}),
               evaluate(ctx, model, Grid{}, {.to = {4, 4}, .each = 20}, StableFor{2})));
    CHECK(scratch::count(scratch::read(path), "\n") == 1 + 16);
}

TEST_CASE("grid: a file of another model, task, test or way of answering is refused, with the difference") {
    const scratch::Folder folder;
    const std::string     path = folder / "grid.jsonl";
    cpu::Context          ctx{{.threads = 1}}, other_seed{{.seed = 2, .threads = 1}};
    Adder                 model{ctx};
    EvaluateOptions       options{.to = 2, .each = 5};
    const auto            into = [&](auto& ctx, auto const& task, EvaluateOptions const& options) {
        return evaluate_into(path, ctx, model, task, options);
    };
    const Report first = into(ctx, Grid{}, options);
    const auto   text  = scratch::read(path);
#define REFUSES(call, what) CHECK_THROWS_WITH_AS(call, doctest::Contains(what), Error)
    REFUSES(into(other_seed, Grid{}, options), ": seed; got 1, wanted 2 (another evaluation");
    REFUSES(into(ctx, Addition{}, {.to = 2, .each = 5}), ": task; got");
    REFUSES(into(ctx, (Grid{{.judge = Judge::every_step}}), options), ": task; got");
    REFUSES(into(ctx, Grid{}, {.to = 2, .each = 6}), ": each; got 5, wanted 6");
    REFUSES(into(ctx, Grid{}, {.to = 2, .each = 5, .stream = 1}), ": stream; got 0, wanted 1");
    REFUSES(into(ctx, Grid{}, {.to = 2, .each = 5, .opening = Opening::nothing}),
            ": opening; got 0, wanted 2");
    REFUSES(into(ctx, Grid{}, {.to = 2, .each = 5, .run = {.passes = 3}}),
            "difficulty \"1x1\": asked_passes; got 2, wanted 3");
    REFUSES(evaluate_into(path, ctx, model, Grid{}, options, StableFor{2}), ": answering; got \"by token\"");
    REFUSES(evaluate_teacher_forced_into(path, ctx, model, Grid{}, options), "wanted \"teacher forced\"");
    const float weight = std::exchange(model.weights()[7], 9.f);
    REFUSES(into(ctx, Grid{}, options), ": weights; got");
    model.weights()[7] = weight;
    CHECK(scratch::read(path) == text);

    for (std::string const foreign : {"my notes", "my notes\n", "{\"a\":1}\n", "{\"a\"\n", "{,}\n",
                                      "my notes\nmore", "{\"a\":1}\nmore"}) {
        scratch::write(path, foreign);
        CHECK_THROWS_AS(into(ctx, Grid{}, options), Error);
        CHECK(scratch::read(path) == foreign);
    }
    scratch::write(path, text.substr(0, 30));  // killed while the first line was written
    CHECK(same(into(ctx, Grid{}, options), first));
    CHECK(scratch::read(path) == text);
    scratch::write(path, text.substr(0, text.find('\n') + 1) + "what\n");
    REFUSES(into(ctx, Grid{}, options), "line 2; got 'what'");
    const std::string edited = text.substr(0, text.find('\n') + 1) + "{,}\n{\"cell";
    scratch::write(path, edited);
    REFUSES(into(ctx, Grid{}, options), "line 2; got '{,}'");
    CHECK(scratch::read(path) == edited);
    scratch::write(path, "");
    CHECK(same(into(ctx, Grid{}, options), first));
    const auto edits = [&](std::string const& from, std::string const& to) {
        std::string all = text;
        scratch::write(path, all.replace(all.find(from), from.size(), to));
    };
    const std::string right = join({"\"correct\":", first.scores.front().correct, ","});
    for (char const* impossible : {"6", "-1", "nan", "1x", "\"1\""}) {
        edits(right, join({"\"correct\":", impossible, ","}));
        REFUSES(
            into(ctx, Grid{}, options),
            join({"difficulty \"1x1\": correct; got ", impossible, ", wanted a number from 0 to 5"}).c_str());
    }
    for (char const* impossible : {"0", "6"}) {
        edits("\"count\":5", join({"\"count\":", impossible}));
        REFUSES(into(ctx, Grid{}, options), "count; got ");
    }
}

TEST_CASE("grid: rules and tasks are told apart by values that are no plain bytes") {
    const scratch::Folder folder;
    cpu::Context          ctx{{.threads = 1}};
    Adder                 model{ctx};
    const auto            ask = [&](char const* path, auto const& task, auto const& rule) {
        return evaluate_into(folder / path, ctx, model, task, {.to = 2, .each = 5}, rule);
    };
    const auto differs = [&](char const* path, auto const& rule, auto const& other, char const* what) {
        const Report first = ask(path, Addition{}, rule);
        CHECK(same(ask(path, Addition{}, rule), first));
        REFUSES(ask(path, Addition{}, other), what);
    };
    differs("divergence", DivergenceBelow{1}, DivergenceBelow{2},
            "answering; got \"by token, DivergenceBelow 1\", wanted \"by token, DivergenceBelow 2\"");
    differs("change", ChangeBelow{1e9}, ChangeBelow{0}, "ChangeBelow 1e+09\", wanted");
    differs("entropy", EntropyBelow{0.01}, EntropyBelow{0.010000000000000002},
            "wanted \"by token, EntropyBelow");
    differs("oracle", Oracle{Fixed{1}}, Oracle{Fixed{2}}, "Fixed");

    const auto other = [&](char const* path, auto const& task, auto const& other) {
        const Report first = ask(path, task, NoExit{});
        CHECK(same(ask(path, task, NoExit{}), first));
        REFUSES(ask(path, other, NoExit{}), ": task; got \"");
    };
    const Addition   strict{.judge = Judge::every_step};
    const ExampleSet set{Addition{}, {{"1+2=", "30"}}, {1}};
    const ExampleSet more{Addition{}, {{"1+2=", "30"}, {"1+3=", "40"}}, {1, 1}};
    const Pairs      one{{{"1", "2"}}}, two{{{"1", "3"}}};
    other("judge", unseen(Addition{}, set), unseen(strict, set));
    other("set", unseen(Addition{}, set), unseen(Addition{}, more));
    other("rule", Excluding{Addition{}, DigitAt{5}}, Excluding{Addition{}, DigitAt{6}});
    other("pairs", Excluding{Addition{}, one}, Excluding{Addition{}, two});
    CHECK(Listed{set}.name() == Listed{set}.name());
    CHECK(Listed{set}.name() != Listed{more}.name());

    CHECK(detail::value_name(NaryAddition{3}) != detail::value_name(NaryAddition{3, true}));
    CHECK(detail::value_name(GridMaze{2}) != detail::value_name(GridMaze{2, false}));

    CHECK(detail::value_name(Apart{CycleNavigation{}}) != detail::value_name(Apart{CycleNavigation{}, 1}));
    CHECK(detail::value_name(ByOperand<Addition>{}) != detail::value_name(ByOperand<Addition>{strict}));
    other("axes", Excluding{ByOperand<Addition>{}, DigitAt{5}}, Excluding{ByOperand<Addition>{}, DigitAt{6}});

    struct Said {
        double      x = 0;
        std::string name() const { return "said"; }
    };
    struct Beside : Said {
        bool sure = false;
    };
    static_assert(detail::NamesItself<Said> && !detail::NamesItself<Beside> &&
                  !detail::NamesItself<Addition>);
}

TEST_CASE("grid: who watches sees the answers of an earlier call as well, with all that was known of them") {
    const scratch::Folder folder;
    const std::string     path = folder / "watched.jsonl";
    cpu::Context          ctx{{.threads = 1}};
    const auto            model = trained(ctx);
    std::vector<Answered> seen;  // of which only the numbers outlive the call
    std::vector<Answer>   answers;
    DigitScores<Addition> digits, again;
    const EvaluateOptions plain{.to = 3, .each = 20};
    const auto            watched = [&](auto& scores) {
        EvaluateOptions options = plain;
        options.watch = [&](Answered const& a) { scores(a), seen.push_back(a), answers.push_back(a.answer); };
        return options;
    };
    const auto text_of = [](auto const& scores) {
        std::ostringstream out;
        out << scores;
        return out.str();
    };
    const Report whole = evaluate_into(path, ctx, model, Addition{}, plain, StableFor{2});  // scores alone
    CHECK(same(evaluate_into(path, ctx, model, Addition{}, watched(digits), StableFor{2}), whole));
    const std::string text = scratch::read(path);
    CHECK(scratch::count(text, "\n") == 1 + 3 + 3);  // answered again, to be written down
    CHECK(same(evaluate_into(path, ctx, model, Addition{}, watched(again), StableFor{2}), whole));
    CHECK(scratch::read(path) == text);
    CHECK(text_of(digits) == text_of(again));
    REQUIRE(answers.size() == 2 * 60);
    int ended = 0;
    for (std::size_t i = 0; i < 60; ++i) {
        Answer const &first = answers[i], &second = answers[60 + i];
        CHECK(first.text == second.text);
        CHECK(first.ended == second.ended);
        CHECK(first.tokens == second.tokens);
        CHECK(first.confidence == second.confidence);
        CHECK(first.passes == second.passes);
        CHECK(!first.passes.empty());
        CHECK(seen[i].right == seen[60 + i].right);
        CHECK(seen[i].number == seen[60 + i].number);
        CHECK(seen[i].difficulty == seen[60 + i].difficulty);
        ended += first.ended;
    }
    CHECK(ended > 0);
    bool         right = false;
    const Answer odd{.text = "\xc3 \xe9\t\n\\x", .tokens = 3, .confidence = 0.125, .passes = {2, 3}};
    const auto   line = detail::line_of({3, 0, {}, odd, true});
    CHECK(text::valid_utf8(line) == line);
    const Answer back = detail::answer_of(text::unquote_json(text::quote_json(line)), right);
    CHECK(back.text == odd.text);
    CHECK(back.passes == odd.passes);
    CHECK((right && !back.ended && back.tokens == 3 && back.confidence == 0.125));
    for (auto const* damaged :
         {"", "1", "1\t1\t3\t0.5", "x\t1\t3\t0.5\ta", "1\t1\t3\tq\ta", "1\t1\t3\t0.5\ta\tb"})
        CHECK_THROWS_AS(detail::answer_of(damaged, right), Error);
    scratch::write(path, text.substr(0, text.rfind("\\u000a")) + "\"}\n");  // an answer less
    CHECK_THROWS_WITH_AS(evaluate_into(path, ctx, model, Addition{}, watched(again), StableFor{2}),
                         doctest::Contains(": answers; got 19, wanted 20"), Error);
}

TEST_CASE("grid: teacher-forced scores are kept too, and one file is not written twice at a time") {
    const scratch::Folder folder;
    cpu::Context          ctx{{.threads = 1}};
    const auto            model = trained(ctx);
    const EvaluateOptions options{.to = 3, .each = 20};
    const Report          whole = evaluate_teacher_forced(ctx, model, Grid{}, options);
    for (int i = 0; i < 2; ++i)
        CHECK(
            same(evaluate_teacher_forced_into(folder / "forced.jsonl", ctx, model, Grid{}, options), whole));
    EvaluateOptions nested = options;
    nested.watch           = [&](Answered const&) {
        evaluate_into(folder / "twice.jsonl", ctx, model, Grid{}, options);
    };
    CHECK_THROWS_WITH_AS(evaluate_into(folder / "twice.jsonl", ctx, model, Grid{}, nested),
                         doctest::Contains("which another evaluation is writing"), Error);
}
