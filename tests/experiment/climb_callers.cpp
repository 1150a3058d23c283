// What a climb owes to functions of its caller's.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "support/climbing.hpp"

using namespace rung_test;

TEST_CASE("a climb goes on as if nothing had been after its watchdog or who watches its rounds threw") {
    auto options     = quick();
    options.watchdog = [](Round const&, std::vector<Round> const& before) {
        return Advice{before.empty() ? Ruling::roll_back : Ruling::go_on};
    };
    Climbing whole(options, 2);
    whole.finish();
    int        thrown = 0;
    const auto once   = [&](bool& done) {
        if (!std::exchange(done, true)) ++thrown, fail({"the disk is full"});
    };
    bool watched = false, dogged = false;
    auto failing        = options;
    failing.watch_round = [&](Round const&) { once(watched); };
    failing.watchdog    = [&](Round const& now, std::vector<Round> const& before) {
        once(dogged);
        return options.watchdog(now, before);
    };
    Climbing again(failing, 2);
    while (!again.engine->ended()) try {
            again.engine->advance();
        } catch (Error const&) {}
    CHECK(thrown == 2);
    CHECK(again.rounds().size() == whole.rounds().size());
    for (std::size_t i = 0; i < whole.rounds().size(); ++i) {
        CHECK(again.rounds()[i].difficulty == whole.rounds()[i].difficulty);
        CHECK(again.rounds()[i].after.scores.front().count == 20);
    }
    for (int k = 0; k < 2; ++k) {
        CHECK(again.sets(k).size() == whole.sets(k).size());
        CHECK(bits_of(again.voters[k].model().weights()) == bits_of(whole.voters[k].model().weights()));
    }
}

TEST_CASE("nothing of the caller's runs while another thread draws problems") {
    static std::atomic<int> drawing{0};
    struct Slow : Reverse {
        Example sample(Rng& rng, Difficulty difficulty) const {
            ++drawing;
            if (difficulty.first > 3) std::this_thread::sleep_for(std::chrono::milliseconds(4));
            const Example drawn = Reverse::sample(rng, difficulty);
            --drawing;
            return drawn;
        }
    };
    int        asked   = 0;
    const auto at_rest = [&asked] {
        ++asked;
        CHECK(drawing == 0);
    };
    auto options         = quick();
    options.rounds       = 2;
    options.schedule     = Next{.each = 3};
    options.watch.labels = [&](LabelEvent const&) { at_rest(); };
    options.watch_labels = [&](int, LabelledSet const&) { at_rest(); };
    const auto filter    = [&](std::vector<Candidate> const& labels) {
        at_rest();
        return std::vector<bool>(labels.size(), true);
    };
    cpu::Context ctx{{.threads = 1}};
    auto         voters = make_voters<SmallModel<>>(ctx, 2);
    self_improve(voters, Slow{}, Uniform{1, 3}, filter, options);
    CHECK(asked == 2 * (6 + 6 + 2));  // rounds; pieces, difficulties of each model, models
}

TEST_CASE("a climb does without options") {
    cpu::Context ctx{{.threads = 1}};
    auto         voters = make_voters<SmallModel<>>(ctx, 1);
    auto         engine = climb(voters, Reverse{}, Uniform{1, 3}, NoFilter{});
    engine.advance();
    CHECK_FALSE(engine.ended());
}
