// A run that is killed or stopped comes to what one comes to that never was.

#include "staged.hpp"

using namespace rung_test;
using namespace rung_test::staged;

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
