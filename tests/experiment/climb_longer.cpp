// A climb that ended is taken up with more rounds, and comes to what it would have come to with so many at once.

#include <doctest/doctest.h>
#include <csignal>

#include "rung/experiment/journal.hpp"
#include "scratch.hpp"
#include "support/climbing.hpp"

using namespace rung_test;

namespace {

ClimbOptions rounds(int count, ClimbOptions options = quick()) {
    options.rounds = count;
    return options;
}

/// A program of three stages: it trains, climbs, and climbs again from the same weights.
struct Plan {
    std::string              rounds   = "2";
    std::vector<char const*> words    = {};  ///< more flags
    bool                     grows    = true;
    int                      next     = 2;   ///< rounds of the second climb
    std::function<void(int)> at       = {};  ///< after each step
    LabelSchedule            schedule = Next{};
};
struct Outcome {
    int         code = -1, steps = 0;
    std::string out, error, record, state;
};
struct Killed {};

Outcome run(std::string const& folder, Plan const& plan) {
    Outcome outcome;
    Common  common{.seed = 3};
    int     count = 0;
    Flags   flags{"Climb."};
    common.add_to(flags);
    flags.add("rounds", count, "of the first climb", {.least = 1, .grows = plan.grows});
    const Streams            streams{std::tmpfile(), std::tmpfile()};
    std::vector<char const*> words{"trial", "--out",    folder.c_str(),     "--checkpoint-seconds",
                                   "0",     "--rounds", plan.rounds.c_str()};
    words.insert(words.end(), plan.words.begin(), plan.words.end());
    const auto work = [&] {
        cpu::Context ctx{{.seed = common.seed, .threads = 1}};
        SmallModel<> model{ctx};
        Trainer      trainer{ctx, model};
        Journal      journal{"trial", "A trial", common, flags, streams};
        const auto   counted = [&](Watch const& own) {
            Watch watch(
                  [&, own](StepEvent const& e) {
                    own(e), ++outcome.steps;
                    if (plan.at) plan.at(outcome.steps);
                },
                  std::shared_ptr<Keeper>(std::shared_ptr<Keeper>(), own.keeper()));
            watch.labels = own.labels;
            return watch;
        };
        const auto step_watch = journal.watch("train");
        train(trainer, Reverse{}, Uniform{1, 3}, {.steps = 5, .batch = 8, .watch = counted(step_watch)});
        auto       options = rounds(count);
        const auto first = journal.watch_climb("first"), second = journal.watch_climb("second");
        options.schedule    = plan.schedule;
        options.watch       = counted(first);
        options.watch_round = journal.watch_round("first");
        self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, options);
        journal.record().write(Json{}.set("event", "between").set("rounds", count));
        options             = rounds(plan.next);
        options.first_round = 50;
        options.watch       = counted(second);
        options.watch_round = journal.watch_round("second");
        self_improve(trainer, Reverse{}, Uniform{1, 3}, NoFilter{}, options);
        outcome.state = saved(trainer);
        journal.finish(3, {{"after", evaluate(ctx, model, Reverse{}, {.to = 3, .each = 8})}});
    };
    try {
        outcome.code = program(int(words.size()), words.data(), flags, work, streams);
    } catch (Killed const&) {}
    outcome.out = scratch::read(streams.out), outcome.error = scratch::read(streams.error);
    outcome.record = scratch::read(folder + "/record.jsonl");
    std::fclose(streams.out), std::fclose(streams.error);
    return outcome;
}
bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

/// What a run of four rounds comes to at once.
Outcome const& at_once() {
    static const Outcome outcome = [] {
        const scratch::Folder folder;
        return run(folder.path(), {.rounds = "4"});
    }();
    return outcome;
}
void check_same(Outcome const& outcome) {
    CHECK(outcome.code == 0);
    CHECK(outcome.record == at_once().record);
    CHECK((outcome.state == at_once().state));
    CHECK(holds(outcome.out, "\"rounds\":6"));
}

}  // namespace

TEST_CASE("a climb of any number of rounds that is taken up for more ends with the same bytes") {
    Climbing whole(rounds(5));
    whole.finish();
    Climbing one(rounds(2));
    REQUIRE(one.finish().rounds().size() == 2);
    Climbing two(rounds(3));
    load(*two.engine, one.state());
    CHECK_FALSE(two.engine->ended());
    CHECK(two.finish().rounds().size() == 3);
    Climbing three(rounds(5));
    load(*three.engine, two.state());
    CHECK(three.finish().state() == whole.state());
    Climbing begun(rounds(2)), more(rounds(5));  // one that is under way may have more rounds, too
    for (int pieces = 0; pieces < 5; ++pieces) begun.engine->advance();
    load(*more.engine, begun.state());
    CHECK(more.finish().state() == whole.state());
    Climbing same(rounds(2));
    load(*same.engine, one.state());
    CHECK(same.engine->ended());
}

TEST_CASE("a climb has no fewer rounds than it has begun") {
    Climbing   three(rounds(3)), two(rounds(2));
    const auto refused = [&](char const* what) {
        CHECK_THROWS_WITH_AS(load(*two.engine, three.state()), doctest::Contains(what), Error);
    };
    while (three.rounds().size() < 2) three.engine->advance();
    refused("self_improve: rounds; got 2, wanted at least 3, which were begun when the state was kept");
    three.finish();
    refused("self_improve: rounds; got 2, wanted at least 3");
}

TEST_CASE("a climb whose last round alone had a test cannot be taken up for more, and says so") {
    auto seldom       = quick();
    seldom.test_every = 2;
    Climbing three(rounds(3, seldom)), five(rounds(5, seldom));
    three.finish();
    CHECK_THROWS_WITH_AS(
        load(*five.engine, three.state()),
        doctest::Contains("self_improve: rounds; got 5, wanted as many as before: round 3 was tested, "
                          "and of so many, tested every 2, it is not"),
        Error);
    Climbing four(rounds(4, seldom)), six(rounds(6, seldom)), whole(rounds(6, seldom));
    load(*six.engine, four.finish().state());
    CHECK(six.finish().state() == whole.finish().state());
}

TEST_CASE(
    "a climb that its watchdog ended stays ended, one whose list of difficulties ended goes on with a "
    "longer") {
    auto stopped     = quick();
    stopped.watchdog = [](Round const& now, std::vector<Round> const&) {
        return Advice{.ends = now.round == 2};
    };
    Climbing three(rounds(3, stopped)), five(rounds(5, stopped));
    load(*five.engine, three.finish().state());
    CHECK(five.engine->ended());
    CHECK(five.rounds().size() == 2);
    auto listed     = quick();
    listed.schedule = InOrder{{{4}, {5}}};
    Climbing shorter(rounds(5, listed)), again(rounds(5, listed));
    load(*again.engine, shorter.finish().state());
    CHECK(again.finish().state() == shorter.state());
    listed.schedule = InOrder{{{4}, {5}, {6}}};
    Climbing longer(rounds(5, listed)), whole(rounds(5, listed));
    load(*longer.engine, shorter.state());
    CHECK(longer.finish().rounds().size() == 3);
    CHECK(longer.state() == whole.finish().state());
}

TEST_CASE(
    "a finished run whose flag for rounds grows goes on, and comes to what it would have come to at once") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {}).steps == 5 + 8 + 8);
    CHECK(run(folder.path(), {}).steps == 0);
    const Outcome longer = run(folder.path(), {.rounds = "4"});
    CHECK(longer.steps == 8 + 8);  // the second climb began with other weights
    check_same(longer);
    const std::string result = longer.out.substr(longer.out.find("{\"exp"));
    CHECK(run(folder.path(), {.rounds = "4"}).out == result);
    const Outcome shorter = run(folder.path(), {.rounds = "3"});
    CHECK(shorter.code == 1);
    CHECK(holds(shorter.error, "self_improve: rounds; got 3, wanted at least 4"));
    CHECK(run(folder.path(), {.rounds = "4"}).out == result);
    const Outcome other = run(folder.path(), {.rounds = "5", .words = {"--seed", "4"}});
    CHECK(other.code == 2);
    CHECK(holds(other.error, "trial: --seed: got 4, wanted 3; '"));
}

TEST_CASE("a run with more rounds than before is killed at any step and comes to the same bits") {
    for (const int killed_first : {7, 15, 0})  // in the first climb, in the second, not at all
        for (int step = 1; step <= 16; step += 5) {
            INFO("killed at step ", killed_first, " of the first run and ", step, " of the second");
            const scratch::Folder folder;
            const auto            kill_at = [](int at) {
                return [at](int now) { now == at ? throw Killed{} : void(); };
            };
            run(folder.path(), {.at = kill_at(killed_first)});
            CHECK(run(folder.path(), {.rounds = "4", .at = kill_at(step)}).code == -1);
            check_same(run(folder.path(), {.rounds = "4"}));
        }
}

TEST_CASE(
    "a run that diverges after it was taken up for more rounds goes back to where it would have gone at "
    "once") {
    const auto tried = [](std::string const& folder, bool longer) {
        int        times = 0;
        const auto at    = [&](int all) {  // the second step of the third round
            if (all == 5 + 10 - (longer ? 13 : 0) && ++times == 1) throw Diverged("loss; got 1e9");
        };
        if (longer) run(folder, {.words = {"--retries", "1"}});
        return run(folder, {.rounds = "4", .words = {"--retries", "1"}, .at = at});
    };
    const scratch::Folder folder;
    const Outcome         once = tried(folder / "once", false), longer = tried(folder / "longer", true);
    CHECK(once.code == 0);
    CHECK(longer.code == 0);
    CHECK(holds(once.record, "\"event\":\"diverged\""));
    CHECK(longer.record == once.record);
    CHECK((longer.state == once.state));
    CHECK((longer.state != at_once().state));
}

TEST_CASE("where a flag grew and nothing comes of it, the folder is as it was") {
    const scratch::Folder folder;
    Plan                  plan{.rounds = "3"};
    CHECK(run(folder.path(), plan).code == 0);
    const auto files = [&] {
        std::string all;
        for (auto const name : {"record.jsonl", "DONE", "manifest.json", "report.html"})
            all += scratch::read(folder / name);
        return all;
    };
    const std::string before = files();
    const Outcome     fewer  = run(folder.path(), {.rounds = "2"});
    CHECK(fewer.code == 1);
    CHECK(holds(fewer.error, "self_improve: rounds; got 2, wanted at least 3"));
    CHECK((files() == before));
    plan.rounds = "4", plan.schedule = InOrder{{{4}, {5}, {6}, {1000}}};
    const Outcome longer = run(folder.path(), plan);  // than the model's context
    CHECK(longer.code == 1);
    CHECK(holds(longer.error, "round 4"));
    CHECK((files() == before));
    CHECK(run(folder.path(), {.rounds = "3"}).code == 0);
}

TEST_CASE(
    "rounds that are no flag that grows are another run's, and without its result a run is gone through "
    "again") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.rounds = "1", .grows = false, .schedule = InOrder{{{4}}}}).code == 0);
    const Outcome refused = run(folder.path(), {.rounds = "2", .grows = false});
    CHECK(refused.code == 2);
    CHECK(holds(refused.error, "trial: --rounds: got 2, wanted 1; '"));
    // A longer list of difficulties is in the program, which says nothing of it before it gets there.
    Plan                  plan{.rounds = "3", .grows = false, .schedule = InOrder{{{4}}}};
    const scratch::Folder listed, whole;
    CHECK(run(listed.path(), plan).steps == 5 + 4 + 8);
    plan.schedule = InOrder{{{4}, {5}}};
    CHECK(run(listed.path(), plan).steps == 0);
    std::remove((listed / "DONE").c_str());
    const Outcome longer = run(listed.path(), plan), once = run(whole.path(), plan);
    CHECK(longer.steps == 4 + 8);
    CHECK(longer.record == once.record);
    CHECK((longer.state == once.state));
}
