#pragma once
// A small program of two stages that is killed, stopped and started again, for tests.

#include "rung/experiment/stages.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "rung/experiment/journal.hpp"
#include "scratch.hpp"
#include "support/small.hpp"

namespace rung_test::staged {

struct Killed {};

/// A curriculum that learns from tests and cannot tell what.
struct Forgetful : Uniform {
    int tests = 0;
    using Uniform::Uniform;
    void observe(Report const&) { ++tests; }
};

/// What happens to one process of a small program of two stages, 6 and 5 steps long.
struct Plan {
    std::vector<char const*>      words = {};  ///< more flags
    std::function<void(int step)> at    = {};  ///< after each of the 11 steps is on record, before it is kept
    std::function<void()>         between   = {};  ///< the stages
    int                           often     = 0;   ///< seconds between states
    int                           batch     = 4;   ///< of the second stage
    int                           harder    = 0;   ///< how much its problems are
    bool                          forgetful = false;
    char const*                   name      = "trial";
};

struct Outcome {
    int         code = -1, steps = 0;
    std::string out, error, record, state;  ///< state: of the trainer in the end, all of it
    long        examples = 0;
};

inline Watch watched(Watch const& own, std::function<void(int)> const& at, int before, int& steps) {
    return {[own, &at, before, &steps](StepEvent const& e) {
                own(e), ++steps;
                if (at) at(before + e.step);
            },
            std::shared_ptr<Keeper>(std::shared_ptr<Keeper>(), own.keeper())};
}

inline Outcome run(std::string const& folder, Plan const& plan) {
    Outcome                  outcome;
    Common                   common{.seed = 3};
    int                      size = 1;
    Flags                    flags{"Teach something."};
    const std::string        often = std::to_string(plan.often);
    std::vector<char const*> words{"trial", "--checkpoint-seconds", often.c_str()};
    if (!folder.empty()) words.insert(words.end(), {"--out", folder.c_str()});
    words.insert(words.end(), plan.words.begin(), plan.words.end());
    common.add_to(flags);
    flags.add("size", size, "of nothing");
    const Streams streams{std::tmpfile(), std::tmpfile()};
    try {
        outcome.code = program(
            int(words.size()), words.data(), flags,
            [&] {
                cpu::Context     ctx{{.seed = common.seed, .threads = 1}};
                SmallModel<>     model{ctx};
                Trainer          trainer{ctx, model, {.dropout = 0.1f, .ema = 0.9}};
                Journal          journal{plan.name, "A trial", common, flags, streams};
                GrowWhenMastered grow{{.start = 1, .limit = 3, .mastery = 0.01}};
                const double     first =
                    train(trainer, Reverse{}, grow,
                          {.steps      = 6,
                           .batch      = 8,
                           .peak       = 1e-2,
                           .test_every = 2,
                           .test_each  = 16,
                           .keep_best  = true,
                           .watch = watched(journal.watch("grow, and test"), plan.at, 0, outcome.steps)});
                if (plan.between) plan.between();
                const Report before = evaluate(ctx, model, Reverse{}, {.to = 3, .each = 8});
                journal.record().write(
                    Json{}.set("event", "between").set("loss", first).set("level", grow.reached()));
                const TrainOptions second{
                    .steps      = 5,
                    .batch      = plan.batch,
                    .accumulate = 2,
                    .watch      = watched(journal.watch("settle"), plan.at, 6, outcome.steps)};
                const double last =
                    train(trainer, Reverse{}, Uniform{1, grow.reached() + plan.harder}, second);
                if (plan.forgetful)
                    train(trainer, Reverse{}, Forgetful{1, 3},
                          {.steps = 2, .batch = 4, .test_every = 1, .watch = journal.watch("forgets")});
                journal.finish(3, {{"before", before}}, {{"loss", last}});
                Archive all;
                all(trainer);
                outcome.state    = all.bytes();
                outcome.examples = long(trainer.number_examples(0));
            },
            streams);
    } catch (Killed const&) {}
    outcome.out = scratch::read(streams.out), outcome.error = scratch::read(streams.error);
    outcome.record = scratch::read(folder + "/record.jsonl");
    std::fclose(streams.out), std::fclose(streams.error);
    return outcome;
}

/// Without the time that it took.
inline std::string last_line(Outcome const& outcome) {
    const auto at = outcome.out.find("{\"experiment\"");
    return at == std::string::npos ? "(none)"
                                   : outcome.out.substr(at, outcome.out.find(",\"seconds\":") - at);
}
inline auto kill_at(int step) {
    return [step](int now) {
        if (now == step) throw Killed{};
    };
}
inline bool holds(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

inline Outcome const& uninterrupted() {
    static const Outcome outcome = [] {
        const scratch::Folder folder;
        return run(folder.path(), {});
    }();
    return outcome;
}
inline void check_same(Outcome const& outcome) {
    Outcome const& one = uninterrupted();
    CHECK(outcome.code == 0);
    CHECK(outcome.record == one.record);
    CHECK((outcome.state == one.state));
    CHECK(last_line(outcome) == last_line(one));
}

}  // namespace rung_test::staged
