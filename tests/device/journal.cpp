// A journal on a GPU, where steps run ahead of what is on record: spikes, signals and deaths come when later steps are
// under way, and what comes of a run is the same to the byte.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <csignal>

#include "experiment/scratch.hpp"
#include "rung/experiment/journal.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

struct Killed {};

struct Ran {
    int           code = -1, told = 0, most_under_way = 0;
    long          examples = 0;
    std::uint64_t bits     = 0;
    std::string   record{};
};

/// @param looks  the journal is told of a step before another is started
/// @param often  the state is kept each time rather than never before the end
/// @param at     is called with the number of each step, in a climb 1000 for each round more
Ran run(std::string const& folder, bool looks, bool often, std::function<void(int)> const& at = {}) {
    Ran                      ran;
    Common                   common{.seed = 3};
    Flags                    flags{"Teaches."};
    std::vector<char const*> words{
        "trial", "--out", folder.c_str(), "--retries", "2", "--checkpoint-seconds", often ? "0" : "1000000"};
    common.add_to(flags);
    const Streams streams{std::tmpfile(), std::tmpfile()};
    try {
        ran.code = program(
            int(words.size()), words.data(), flags,
            [&] {
                cuda::Context<> ctx{{.seed = common.seed}};
                SmallModel<>    model{ctx};
                Trainer         trainer{ctx, model, {.dropout = 0.1f, .ema = 0.9}};
                Journal         journal{"trial", "A trial", common, flags, streams};
                const auto      watched = [&](Watch const& own, bool climbs) {
                    Watch watch(
                             [&, own, climbs](StepEvent const& e) {
                            own(e), ++ran.told;
                            ran.most_under_way = std::max(ran.most_under_way, trainer.under_way());
                            if (at) at(climbs ? 1000 * e.round + e.step : e.step);
                        },
                             std::shared_ptr<Keeper>(std::shared_ptr<Keeper>(), own.keeper()), looks);
                    watch.labels = own.labels;
                    return watch;
                };
                const Watch training = journal.watch("train");
                train(trainer, Reverse{}, Uniform{1, 3},
                      {.steps = 215, .batch = 4, .peak = 1e-2, .watch = watched(training, false)});
                const Watch climb = journal.watch_climb();
                self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{},
                             {.rounds      = 2,
                              .prompts     = 24,
                              .steps       = 60,
                              .batch       = 8,
                              .test_every  = 0,
                              .watch       = watched(climb, true),
                              .watch_round = journal.watch_round()});
                journal.finish(3, {{"after", evaluate(ctx, model, Reverse{}, {.to = 2, .each = 4})}});
                ran.bits = bits_of(model.weights()), ran.examples = long(trainer.number_examples(0));
            },
            streams);
    } catch (Killed const&) {}
    ran.record = scratch::read(folder + "/record.jsonl");
    return ran;
}

void check_same(Ran const& got, Ran const& want) {
    CHECK(got.code == 0);
    CHECK(got.bits == want.bits);
    CHECK(got.examples == want.examples);
    CHECK((got.record == want.record));
}

}  // namespace

TEST_CASE("spikes on a GPU: a run goes back and on as one that takes a step at a time") {
    const auto spoilt = [](bool looks, bool often) {
        scratch::Folder folder;
        int             spikes = 0;
        const Ran       ran    = run(folder.path(), looks, often, [&](int step) {
            if ((step == 153 || step == 1050) && ++spikes <= 2) throw Diverged("a spike");
        });
        CHECK(ran.most_under_way == (looks || often ? 0 : 3));
        return ran;
    };
    const Ran want = spoilt(true, false), got = spoilt(false, false);
    CHECK(got.told == want.told);
    check_same(got, want);
    check_same(spoilt(false, true), want);
}

TEST_CASE(
    "signals and deaths on a GPU: a run goes on to the same bits, and no step is started after a signal") {
    scratch::Folder whole_folder;
    const Ran       whole = run(whole_folder.path(), false, false);
    CHECK(whole.code == 0);
    for (const int step : {1, 50, 99, 101, 214, 1003}) {
        CAPTURE(step);
        scratch::Folder folder;
        const Ran       stopped = run(folder.path(), false, false, [&](int now) {
            if (now == step) std::raise(SIGTERM);
        });
        CHECK(stopped.code == 85);
        CHECK(stopped.told <= (step > 1000 ? 215 + step - 1000 : step) + 3);  // those that were under way
        check_same(run(folder.path(), false, false), whole);
    }
    for (const int step : {3, 101, 1050}) {
        CAPTURE(step);
        scratch::Folder folder;
        run(folder.path(), false, true, [&](int now) {
            if (now == step) throw Killed{};
        });
        check_same(run(folder.path(), false, false), whole);
    }
}
