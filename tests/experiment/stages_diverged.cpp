// Divergence, retries and spikes.

#include "staged.hpp"

using namespace rung_test;
using namespace rung_test::staged;

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
