// What a climb owes to functions of its caller's.

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
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

namespace {

/// Throws what the standard library does, unless it is told otherwise.
template <class What = std::out_of_range>
struct Fails : Reverse {
    int sample_from, correct_from;

    explicit Fails(int sample, int correct = 99) : sample_from(sample), correct_from(correct) {}
    Example sample(Rng& rng, int difficulty) const {
        if (difficulty >= sample_from) throw What("at 7");
        return Reverse::sample(rng, difficulty);
    }
    bool correct(Example const& truth, std::string_view answer) const {
        if (int(truth.answer.size()) >= correct_from) throw What("at 8");
        return truth.answer == answer;
    }
};

std::string said(auto const& work) {
    try {
        work();
    } catch (std::exception const& error) {
        return error.what();
    }
    return "nothing";
}
/// What a climb says of a task after `rounds` rounds, the first of which labels length 4.
template <class Task>
std::string climbs(Task const& task, LabelFilter const& filter = NoFilter{}, ClimbOptions options = quick()) {
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    Trainer      trainer{ctx, model};
    options.test_every = 0;
    return said([&] { self_improve(trainer, task, Uniform{1, 3}, filter, options); });
}
bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what a task throws is told with the task, what it was asked, and the round") {
    const std::string sampled = climbs(Fails<>(5));
    CHECK(holds(sampled, "self_improve: round 2: "));
    CHECK(holds(sampled, "Fails<"));
    CHECK(holds(sampled, ">: sample of difficulty 5: at 7"));
    const std::string judged = climbs(Fails<>(99, 6));
    CHECK(holds(judged, "self_improve: round 3: "));
    CHECK(holds(judged, ">: correct of "));
    CHECK(judged.ends_with(": at 8"));
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    const auto   trains = [&](auto const& task) {
        return said([&] { train(ctx, model, task, Uniform{3, 3}, {.steps = 2, .batch = 2}); });
    };
    CHECK(holds(trains(Fails<>(3)), ">: sample of difficulty 3: at 7"));
    CHECK(holds(trains(Fails<Error>(3)), "Error>: sample of difficulty 3: at 7"));
}

TEST_CASE("what a filter throws is told with the filter, the difficulty and the round") {
    struct Chokes {
        std::vector<bool> operator()(std::vector<Candidate> const& all) const {
            if (all.front().difficulty == 5) throw std::invalid_argument("stoi");
            return std::vector<bool>(all.size() + (all.front().difficulty == 6), true);
        }
    };
    const std::string thrown = climbs(Reverse{}, Chokes{});
    CHECK(holds(thrown, "self_improve: round 2: difficulty 5: filter "));
    CHECK(holds(thrown, "Chokes: stoi"));
    auto options            = quick();
    options.first_round     = 8;
    options.schedule        = Next{.by = 3};
    const std::string sized = climbs(Reverse{}, Chokes{}, options);
    CHECK(holds(sized, "self_improve: round 8: difficulty 6: filter "));
    CHECK(holds(sized, "Filter: answers; got 41, wanted 40"));
}

TEST_CASE(
    "what is thrown is still there to be caught: nested, or where its type says more than an error, itself") {
    struct Mine : Error {
        using Error::Error;
    };
    cpu::Context ctx{{.threads = 1}};
    SmallModel<> model{ctx};
    const auto   trains = [&](auto const& task) {
        train(ctx, model, task, Uniform{3, 3}, {.steps = 2, .batch = 2});
    };
    CHECK_THROWS_WITH_AS(trains(Fails<Mine>(3)), "at 7", Mine);
    CHECK_THROWS_WITH_AS(trains(Fails<Diverged>(3)), "at 7", Diverged);
    CHECK_THROWS_AS(trains(Fails<>(3)), Error);
    try {
        trains(Fails<>(3));
    } catch (Error const& error) {
        CHECK_THROWS_WITH_AS(std::rethrow_if_nested(error), "at 7", std::out_of_range);
    }
}
