#include "rung/experiment/stages.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "rung/experiment/journal.hpp"
#include "scratch.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

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

Watch watched(Watch const& own, std::function<void(int)> const& at, int before, int& steps) {
    return {[own, &at, before, &steps](StepEvent const& e) {
                own(e), ++steps;
                if (at) at(before + e.step);
            },
            std::shared_ptr<Keeper>(std::shared_ptr<Keeper>(), own.keeper())};
}

Outcome run(std::string const& folder, Plan const& plan) {
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
std::string last_line(Outcome const& outcome) {
    const auto at = outcome.out.find("{\"experiment\"");
    return at == std::string::npos ? "(none)"
                                   : outcome.out.substr(at, outcome.out.find(",\"seconds\":") - at);
}
auto kill_at(int step) {
    return [step](int now) {
        if (now == step) throw Killed{};
    };
}
bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

Outcome const& uninterrupted() {
    static const Outcome outcome = [] {
        const scratch::Folder folder;
        return run(folder.path(), {});
    }();
    return outcome;
}
void check_same(Outcome const& outcome) {
    Outcome const& one = uninterrupted();
    CHECK(outcome.code == 0);
    CHECK(outcome.record == one.record);
    CHECK((outcome.state == one.state));
    CHECK(last_line(outcome) == last_line(one));
}

}  // namespace

TEST_CASE("stages: a run that is never killed takes every step, and one without a folder comes to the same") {
    Outcome const& one = uninterrupted();
    REQUIRE(one.code == 0);
    CHECK(one.steps == 11);
    CHECK(one.examples == 6 * 8 + 5 * 4 * 2);
    CHECK(scratch::count(one.record, "\"event\":\"step\"") == 11);
    CHECK(scratch::count(one.record, "\"curriculum\":") == 3);
    CHECK_FALSE(holds(one.record, "seconds"));
    CHECK(holds(last_line(one), "{\"experiment\":\"trial\",\"seed\":3,"));
}

TEST_CASE("stages: killed at any step, with states kept often or seldom, a run comes to the same bits") {
    for (const int often : {0, 1'000'000})
        for (int step = 1; step <= 11; ++step) {
            INFO("killed at step ", step, ", a state every ", often, " seconds");
            const scratch::Folder folder;
            const Outcome         killed = run(folder.path(), {.at = kill_at(step), .often = often});
            CHECK(killed.code == -1);
            const Outcome outcome = run(folder.path(), {.often = often});
            check_same(outcome);
            const int kept = often == 0 ? step - 1 : step > 6 ? 6 : 0;
            CHECK(outcome.steps == 11 - kept);
        }
}

TEST_CASE("stages: killed again and again, a run comes to the same bits") {
    const scratch::Folder folder;
    for (int step = 2; step <= 11; ++step) CHECK(run(folder.path(), {.at = kill_at(step)}).code == -1);
    check_same(run(folder.path(), {}));
}

TEST_CASE("stages: a finished run ends at once, with its result") {
    const scratch::Folder folder;
    const Outcome         first = run(folder.path(), {}), again = run(folder.path(), {});
    CHECK(again.code == 0);
    CHECK(again.steps == 0);
    CHECK(holds(first.out, again.out));  // which ends with that line, seconds and all
    CHECK(holds(again.out, last_line(first)));
    CHECK(again.record == first.record);
    CHECK(holds(again.error, "this run is finished"));
}

TEST_CASE("stages: a run that was killed after its last stage repeats no step") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {}).code == 0);
    std::remove((folder / "DONE").c_str());
    const Outcome again = run(folder.path(), {});
    CHECK(again.steps == 0);
    check_same(again);
}

TEST_CASE("stages: a signal to stop is exit code 85, and the same command goes on") {
    for (const int signal : {SIGTERM, SIGINT, SIGUSR2})
        for (const int step : {1, 4, 6, 11}) {
            INFO("signal ", signal, " in step ", step);
            const scratch::Folder folder;
            const Plan    plan{.at    = [&](int now) { now == step ? void(std::raise(signal)) : void(); },
                               .often = 1'000'000};
            const Outcome stopped = run(folder.path(), plan);
            CHECK(stopped.code == 85);
            CHECK(stopped.steps == step);
            CHECK(holds(stopped.error, std::string("stopped by ") + StopSignals::name(signal)));
            const Outcome outcome = run(folder.path(), {.often = 1'000'000});
            CHECK(outcome.steps == 11 - step);
            check_same(outcome);
        }
}

TEST_CASE("stages: the exit code after a signal is one's own to choose") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.words = {"--preempt-exit-code", "99"}, .at = [](int) { std::raise(SIGTERM); }})
              .code == 99);
}

TEST_CASE("stages: between stages, where all is kept, a signal ends the program at once") {
    const scratch::Folder folder;
    const pid_t           child = ::fork();
    if (child == 0) {
        run(folder.path(), {.between = [] { std::raise(SIGTERM); }});
        ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 85);
    const Outcome outcome = run(folder.path(), {});
    CHECK(outcome.steps == 5);
    check_same(outcome);
}

TEST_CASE("stages: other flags are refused with the difference, and nothing is touched") {
    struct Other {
        std::vector<char const*> words;
        std::string              said;
    };
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    const auto before = [&] { return scratch::read(folder / "2-settle.checkpoint"); };
    const auto kept = before(), record = scratch::read(folder / "record.jsonl");
    for (auto const& [words, said] :
         {Other{{"--seed", "4"},
                "--seed: got 4, wanted 3; '" + folder.path() +
                    "' holds another run (another --out begins anew)"},
          Other{{"--size", "2", "--seed", "5"}, "--seed: got 5, wanted 3; --size: got 2, wanted 1; '"}}) {
        const Outcome outcome = run(folder.path(), {.words = words});
        CHECK(outcome.code == 2);
        CHECK(outcome.steps == 0);
        CHECK(holds(outcome.error, said));
    }
    const Outcome named = run(folder.path(), {.name = "other"});
    CHECK(named.code == 2);
    CHECK(holds(named.error, "experiment: got \"other\", wanted \"trial\""));
    const Outcome batch = run(folder.path(), {.batch = 5});
    CHECK(batch.code == 1);
    CHECK(holds(batch.error,
                "train: steps, batch, accumulate and peak; got '5, 5, 2, 0.001', wanted '5, 4, 2, 0.001'"));
    const Outcome harder = run(folder.path(), {.harder = 1});
    CHECK(harder.code == 1);
    CHECK(holds(harder.error, "train: source; got '32 examples "));
    CHECK((before() == kept));
    CHECK(scratch::read(folder / "record.jsonl") == record);
    check_same(run(folder.path(), {.words = {"--threads", "2", "--retries", "1"}}));
}

TEST_CASE("stages: a record of something else is refused and left alone") {
    for (std::string const text :
         {"hello\n", "{\"event\":\"begin\"}\n", "{\"event\":\"begin\",\"ex", "[[[:,:,\"\\"}) {
        const scratch::Folder folder;
        scratch::write(folder / "record.jsonl", text);
        const Outcome outcome = run(folder.path(), {});
        CHECK(outcome.code == (text.back() == 'x' ? 0 : 2));  // our own first line, cut off, is ours
        if (outcome.code == 2) CHECK(scratch::read(folder / "record.jsonl") == text);
    }
}

TEST_CASE("stages: a state without its record, or a result without, is an error that says so") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    std::remove((folder / "record.jsonl").c_str());
    const Outcome killed = run(folder.path(), {});
    CHECK(killed.code == 1);
    CHECK(holds(killed.error, "holds states without their record.jsonl, wanted both"));
    CHECK_FALSE(scratch::exists(folder / "record.jsonl"));
    scratch::write(folder / "record.jsonl", "");
    scratch::write(folder / "DONE", "{}\n");
    const Outcome done = run(folder.path(), {});
    CHECK(done.code == 1);
    CHECK(holds(done.error, "holds a result without its record"));
}

TEST_CASE(
    "stages: a record that was changed is refused before anything is touched, and goes on when it is back") {
    struct Change {
        void (*make)(std::string& record);
        char const* said;
    };
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(8)}).code == -1);
    const std::string path = folder / "record.jsonl", kept = scratch::read(path);
    const auto        states = [&] {
        return scratch::read(folder / "1-grow-and-test.checkpoint") +
               scratch::read(folder / "2-settle.checkpoint");
    };
    const std::string before = states();
    REQUIRE(before.size() > 1000);
    for (auto const& [make, said] :
         {Change{[](auto& r) { r.resize(7); }, "holds states without their record.jsonl"},
          Change{[](auto& r) { r.resize(r.find('\n') + 1); }, "bytes, wanted the "},
          Change{[](auto& r) { r.resize(r.find('\n') + 20); }, "bytes, wanted the "},
          Change{[](auto& r) { r[r.find("\"loss\":") + 8] = '7'; }, "got other lines than were there when"},
          Change{[](auto& r) { r.insert(r.find('\n') + 1, "{}\n"); }, "got other lines than were there when"},
          Change{[](auto& r) { r.erase(r.find('\n') + 1, 10).append(10, ' '); },
                 "of 1-grow-and-test was kept"}}) {
        std::string changed = kept;
        make(changed);
        scratch::write(path, changed);
        const Outcome outcome = run(folder.path(), {});
        CHECK(outcome.code == 1);
        CHECK(outcome.steps == 0);
        CHECK_MESSAGE(holds(outcome.error, said), outcome.error);
        CHECK(scratch::read(path) == changed);
        CHECK((states() == before));
    }
    scratch::write(path, kept + "and more, which nobody kept a state of");
    check_same(run(folder.path(), {}));
}

TEST_CASE("stages: a report or a result that is none of ours is refused and left alone") {
    const scratch::Folder report, result;
    scratch::write(report / "report.html", "<html/>");
    const Outcome first = run(report.path(), {});
    CHECK(first.code == 1);
    CHECK(holds(first.error, "holds a report.html without its record"));
    CHECK(scratch::read(report / "report.html") == "<html/>");
    CHECK(run(result.path(), {.at = kill_at(8)}).code == -1);
    for (std::string const text : {"", "{", "done\n"}) {
        scratch::write(result / "DONE", text);
        const Outcome second = run(result.path(), {});
        CHECK(second.code == 1);
        CHECK(holds(second.error, "DONE' is no result"));
        CHECK(second.steps == 0);
    }
    std::remove((result / "DONE").c_str());
    check_same(run(result.path(), {}));
}

TEST_CASE("stages: watches may be made in another order than they train in") {
    const scratch::Folder folder;
    const auto            run_to = [&](int end) {
        Common common{.seed = 3};
        Flags  flags{"Teach something."};
        common.add_to(flags);
        const Streams            streams{std::tmpfile(), std::tmpfile()};
        std::vector<char const*> words{"trial", "--out", folder.path().c_str(), "--checkpoint-seconds", "0"};
        int                      steps = 0;
        const auto               code  = program(
                                      int(words.size()), words.data(), flags,
                                      [&] {
                cpu::Context ctx{{.threads = 1}};
                SmallModel<> model{ctx};
                Trainer      trainer{ctx, model};
                Journal      journal{"trial", "A trial", common, flags, streams};
                const auto   second = journal.watch("second"), first = journal.watch("first");
                const auto   at = [&](int step) { step == end ? throw Error("stopped") : void(); };
                train(trainer, Reverse{}, Uniform{1, 3},
                                                {.steps = 3, .batch = 4, .watch = watched(first, at, 0, steps)});
                train(trainer, Reverse{}, Uniform{1, 3},
                                                {.steps = 3, .batch = 4, .watch = watched(second, at, 3, steps)});
                journal.finish(3, {{"after", evaluate(ctx, model, Reverse{}, {.to = 3, .each = 8})}});
            },
                                      streams);
        std::fclose(streams.out), std::fclose(streams.error);
        return std::pair(code, steps);
    };
    CHECK(run_to(5) == std::pair(1, 5));
    CHECK(run_to(0) == std::pair(0, 2));
}

TEST_CASE("stages: an earlier stage whose state is gone is not trained again over the record of later ones") {
    const scratch::Folder folder;
    run(folder.path(), {.at = kill_at(9)});
    const std::string record = scratch::read(folder / "record.jsonl");
    std::remove((folder / "1-grow-and-test.checkpoint").c_str());
    std::remove((folder / "1-grow-and-test.checkpoint.before").c_str());
    const Outcome refused = run(folder.path(), {});
    CHECK(refused.code == 1);
    CHECK(
        refused.error.find("holds states of later stages; got no '1-grow-and-test.checkpoint', wanted all of "
                           "them") != std::string::npos);
    CHECK(scratch::read(folder / "record.jsonl") == record);
}

TEST_CASE("stages: retries want a folder") {
    const Outcome refused = run("", {.words = {"--retries", "1"}});
    CHECK(refused.code == 2);
    CHECK(refused.error.find("--retries: got no --out") != std::string::npos);
}

TEST_CASE("stages: a damaged state is said, and the run goes on from the one before to the same bits") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(10)}).code == -1);
    const std::string path = folder / "2-settle.checkpoint", bytes = scratch::read(path);
    scratch::write(path, bytes.substr(0, bytes.size() / 2));
    const Outcome outcome = run(folder.path(), {});
    CHECK(holds(outcome.error, "is cut off"));
    CHECK(outcome.steps == 11 - 8);
    check_same(outcome);
}

TEST_CASE("stages: two runs in one folder are one too many") {
    const scratch::Folder folder;
    Outcome               second;
    const Outcome         first = run(folder.path(), {.at = [&](int step) {
                                  if (step == 3) second = run(folder.path(), {});
                              }});
    check_same(first);
    CHECK(second.code == 1);
    CHECK(holds(second.error, "is in use by this program itself"));
}

TEST_CASE("stages: a disk that is full is an error, and when it is not the run goes on") {
    const scratch::Folder folder;
    CHECK(run(folder.path(), {.at = kill_at(4)}).code == -1);
    Outcome full;
    {
        const scratch::SmallDisk disk{3000};
        full = run(folder.path(), {});
    }
    CHECK(full.code == 1);
    CHECK(holds(full.error, "cannot be written"));
    check_same(run(folder.path(), {}));
}

TEST_CASE("stages: divergence is exit code 3, on record, and the state kept before it stands") {
    const scratch::Folder folder;
    const Plan    diverge{.at = [](int step) { step == 9 ? throw Diverged("loss; got 1e9") : void(); }};
    const Outcome outcome = run(folder.path(), diverge);
    CHECK(outcome.code == 3);
    CHECK(holds(outcome.error, "trial: loss; got 1e9"));
    CHECK(holds(outcome.record,
                R"({"event":"diverged","stage":"2-settle","step":2,"why":"loss; got 1e9","retry":0})"));
    check_same(run(folder.path(), {}));
}

TEST_CASE(
    "stages: a retry goes back and on with other examples, to the same end however often states are kept") {
    const auto tried = [](std::string const& folder, int often, int killed_at) {
        int  times = 0, killed = 0;
        Plan plan{.words = {"--retries", "2"}, .often = often};
        plan.at = [&](int step) {
            if (step == killed_at && times == 1 && ++killed == 1) throw Killed{};
            if (step == 10 && ++times <= 2) throw Diverged("loss; got 1e9");
        };
        Outcome outcome = run(folder, plan);
        if (outcome.code == -1) times = 1, outcome = run(folder, plan);
        CHECK(outcome.code == 0);
        CHECK(times == 3);
        return outcome;
    };
    const scratch::Folder folder;
    const Outcome         outcome = tried(folder / "often", 0, 0);
    // Twice back to the second stage's beginning, past the examples of four steps each time.
    CHECK(outcome.examples == uninterrupted().examples + 2 * 4 * 8);
    CHECK(scratch::count(outcome.record, "\"event\":\"step\"") == 11);
    CHECK(scratch::count(outcome.record, R"("why":"loss; got 1e9","retry":1})") == 1);
    CHECK(scratch::count(outcome.record, R"("why":"loss; got 1e9","retry":2})") == 1);
    CHECK((outcome.state != uninterrupted().state));
    for (Outcome const& other : {tried(folder / "never", 1'000'000, 0), tried(folder / "killed", 0, 8)}) {
        CHECK(other.record == outcome.record);
        CHECK(other.state == outcome.state);
    }
}

TEST_CASE("stages: a watch is one training's, whose state it keeps") {
    const scratch::Folder folder;
    Common                common{.out = folder.path()};
    Flags                 flags{"test"};
    common.add_to(flags);
    std::FILE* const none = std::tmpfile();
    cpu::Context     ctx{{.threads = 1}};
    SmallModel<>     model{ctx};
    Trainer          trainer{ctx, model};
    Journal          journal{"trial", "A trial", common, flags, {none, none}};
    const auto       options = TrainOptions{.steps = 2, .batch = 4, .watch = journal.watch("x")};
    train(trainer, Reverse{}, Uniform{1, 2}, options);
    CHECK_THROWS_WITH_AS(train(trainer, Reverse{}, Uniform{1, 2}, options),
                         doctest::Contains("got '1-x' for a second training"), Error);
    std::fclose(none);
}

TEST_CASE("stages: a curriculum that cannot tell what it learnt from tests is refused, with the cure") {
    const scratch::Folder folder;
    const Outcome         outcome = run(folder.path(), {.forgetful = true});
    CHECK(outcome.code == 1);
    CHECK(holds(outcome.error, "Curriculum: add `std::string state() const`"));
}

TEST_CASE(
    "journal: a loss far above its mean is divergence where a spike is defined, and one that is none "
    "always") {
    const auto losses = [](int spike, double last) {
        Common common{.spike = spike};
        Flags  flags{"test"};
        common.add_to(flags);
        std::FILE* const none = std::tmpfile();
        Journal          journal{"trial", "A trial", common, flags, {none, none}};
        const Watch      watch = journal.watch("x");
        for (int step = 1; step <= 40; ++step) watch({step, 50, step % 2 == 0 ? 0.5 : 1.5, 1, 1, 1});
        watch({41, 50, last, 1, 1, 1});
        std::fclose(none);
    };
    CHECK_NOTHROW(losses(0, 1e30));
    CHECK_NOTHROW(losses(4, 3.5));
    CHECK_THROWS_WITH_AS(losses(4, 4.5), doctest::Contains("x: step 41: loss; got 4.5, after a mean of "),
                         Diverged);
    CHECK_THROWS_WITH_AS(losses(4, 4.5), doctest::Contains(", --spike 4 times that (was"), Diverged);
    CHECK_THROWS_WITH_AS(losses(0, std::nan("")), doctest::Contains(", wanted a finite number (was"),
                         Diverged);
}
