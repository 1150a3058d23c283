// Climbs that are asked for what makes no sense, end in vain, or go on as something else.

#include <doctest/doctest.h>

#include "rung/experiment/events.hpp"
#include "support/climbing.hpp"

using namespace rung_test;

namespace {

void refuse(ClimbOptions const& options, char const* what) {
    CHECK_THROWS_WITH_AS(Climbing(options).finish(), doctest::Contains(what), Error);
}

}  // namespace

TEST_CASE("a climb goes on with the options, the labeller and the kind of filter that it began with") {
    auto begun         = quick();
    begun.labeller     = commonest_of(2, 0.5);
    const auto state   = Climbing(begun).state();
    const auto refuses = [&](auto const& change, LabelFilter const& filter, char const* what) {
        auto options = begun;
        change(options);
        Climbing climbing(options, 1, filter);
        Archive  all(state);
        CHECK_THROWS_WITH_AS(climbing.engine->archive(all), doctest::Contains(what), Error);
    };
    const auto same = [](std::string const& prompt, int) { return prompt; };
    refuses([](auto& o) { o.labeller = commonest_of(2, 0.6); }, NoFilter{}, "2 at temperature 0.6,");
    refuses([](auto& o) { o.labeller = commonest_of(2, 0.5, 3); }, NoFilter{}, "top_k 3,");
    refuses([](auto& o) { o.labeller = best_of(2, 0.5); }, NoFilter{}, "chosen by rung::best_of");
    refuses([&](auto& o) { o.labeller = reworded(same); }, NoFilter{}, "asked by ");
    refuses([](auto&) {}, LengthFilter{}, "rung::LengthFilter");
    refuses([](auto& o) { o.schedule = InOrder{{{4}, {5}, {6}}}; }, NoFilter{}, "rung::InOrder");
    refuses([](auto& o) { o.peak = 0.5; }, NoFilter{}, "rate void 0.5");
    refuses([](auto& o) { o.first_round = 9; }, NoFilter{}, "from 9 on");
    refuses([](auto& o) { o.peak = o.peak * (1 + 1e-12); }, NoFilter{}, "rate void 0.01000000000001");
    refuses([](auto& o) { o.test.to = 5; }, NoFilter{}, "from 1 to 5 by 1");
    refuses([](auto& o) { o.test.stream = 7; }, NoFilter{}, "of stream 9");
    refuses([](auto& o) { o.watchdog = nullptr; }, NoFilter{}, "HalfNewest, void, ");
    refuses([](auto& o) { o.reset_optimizer = true; }, NoFilter{}, "moments reset");
    Climbing again(begun);
    Archive  all(state);
    CHECK_NOTHROW(again.engine->archive(all));
}

TEST_CASE("a climb that waited in vain ends with what was held or rolled back undone") {
    for (const Ruling ruling : {Ruling::hold, Ruling::roll_back}) {
        auto options     = quick();
        options.schedule = InOrder{{{12}}};  // far beyond it
        options.watchdog = Collapse{.least_kept = 0, .least_trust = 1, .then = ruling, .patience = 1};
        Climbing   c(options);
        const auto before = bits_of(c.voters[0].model().weights());
        c.finish();
        REQUIRE(c.rounds().size() == 2);
        CHECK(c.rounds()[1].ends);
        CHECK(
            round_line("", c.rounds()[1]).ends_with(": " + std::string(ruling_name(ruling)) + ", and stop"));
        CHECK(round_line("", c.rounds()[0]).ends_with(": " + std::string(ruling_name(ruling))));
        CHECK(c.sets().empty());
        CHECK((bits_of(c.voters[0].model().weights()) == before) == (ruling == Ruling::roll_back));
    }
}

TEST_CASE("a schedule is looked at ahead on a copy, and must have something for the first round") {
    auto options     = quick();
    options.schedule = [next = 3](Turn const&) mutable { return std::vector<Target>{{Difficulty(++next)}}; };
    Climbing c(options);
    CHECK(c.finish().rounds().front().difficulty == 4);
    options.schedule = [](Turn const&) { return std::vector<Target>{}; };
    refuse(options, "got nothing");
    options.schedule = nullptr;
    refuse(options, "no schedule");
}

TEST_CASE("what cannot be labelled with so few prompts, or asked with so few tests, is refused") {
    auto options     = quick();
    options.prompts  = 2;
    options.schedule = Next{.each = 3};
    refuse(options, "got 2 for 3 difficulties");
    options            = quick();
    options.schedule   = AsFarAs{};
    options.test_every = 0, options.test.each = 0;
    refuse(options, "test.each; got 0");
    options          = quick();
    options.schedule = AsFarAs{.by = &Probe::agreement};
    refuse(options, "AsFarAs: by; got the agreement of one model");
    CHECK_NOTHROW(Climbing(options, 2));
}

TEST_CASE("difficulties below one are refused, whoever names them") {
    auto options     = quick();
    options.schedule = InOrder{{{0}}};
    refuse(options, "round 1: schedule: difficulty; got 0, wanted at least 1");
    options.schedule = [](Turn const&) { return std::vector<Target>{{Difficulty{-1}}}; };
    refuse(options, "round 1: schedule: difficulty; got -1, wanted at least 1");
    options.schedule = [](Turn const& turn) {
        turn.probe(0);
        return std::vector<Target>{{4}};
    };
    refuse(options, "round 1: schedule: Turn::probe: difficulty; got 0, wanted at least 1");
}

TEST_CASE("the state of something else is refused in words, another climb's by what differs") {
    Climbing   climbing(quick());
    const auto said = [&](std::string const& bytes) {
        try {
            load(*climbing.engine, bytes);
        } catch (Error const& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const std::string no_climb = said(saved(climbing.voters));
    CHECK(no_climb.find("is this the state of something else?") != std::string::npos);
    CHECK(std::all_of(no_climb.begin(), no_climb.end(), [](char c) { return c >= ' '; }));
    auto later              = quick();
    later.first_round       = 5;
    const std::string other = said(Climbing(later).state());
    CHECK(other.find("got 'rounds from 1 on") != std::string::npos);
    CHECK(other.find("wanted 'rounds from 5 on") != std::string::npos);
    CHECK(other.size() < 300);
}

TEST_CASE("numbers that make no sense are refused where they are given") {
    const auto refused = [](auto const& policy, auto as, char const* what) {
        CHECK_THROWS_WITH_AS(as = policy, doctest::Contains(what), Error);
    };
    for (auto const& watchdog :
         {Collapse{.least_kept = 1.1}, Collapse{.least_trust = -1}, Collapse{.most_fall = -1},
          Collapse{.stalled = -1}, Collapse{.patience = -1}, hold_until_kept(2)})
        refused(watchdog, Watchdog{}, "Collapse: ");
    refused(Collapse{.patience = -1}, Watchdog{}, "Collapse: patience; got -1, wanted at least 0");
    refused(LengthFilter{.margin = 0}, LabelFilter{}, "LengthFilter: margin; got 0");
    refused(FixedLength{}, LabelFilter{}, "FixedLength: tokens; got none");
    refused(NoFilter{} | ConfidenceFilter{.least = 2}, LabelFilter{}, "ConfidenceFilter: least; got 2");
    refused(Agreement{.least = -1} | NoFilter{}, LabelFilter{}, "Agreement: least; got -1");
    refused(SelfConsistency{.least = 2}, LabelFilter{}, "SelfConsistency: least; got 2");
    refused(Verifier{}, LabelFilter{}, "Verifier: passes; got none");
    refused(HalfNewest{.newest = 2}, Replay{}, "HalfNewest: newest");
    refused(HalfNewest{.first = INFINITY}, Replay{}, "HalfNewest: first; got inf");
    refused(LabelNoise{.share = 7}, Corrupt{}, "LabelNoise: share; got 7, wanted 0 to 1");
    refused(Next{.each = 0}, LabelSchedule{}, "Next: each; got 0, wanted at least 1");
    refused(AsFarAs{.bar = 7}, LabelSchedule{}, "AsFarAs: bar; got 7,");
    refused(AsFarAs{.by = nullptr}, LabelSchedule{}, "AsFarAs: by; got none");
}

TEST_CASE("a round of more sequences than anybody can hold or number is refused in words") {
    auto options  = quick();
    options.batch = 1'000'000'000;
    refuse(options, "self_improve: batch; got 1000000000, wanted 1 to 1000000");
    options.batch = 1'000'000, options.steps = 1'000'000;
    refuse(options,
           "self_improve: batch and steps; got 1000000 and 1000000, wanted at most 2000000000 sequences a "
           "round");
}

TEST_CASE("policies that make no sense are refused") {
    CHECK_THROWS_WITH_AS(Climbing(quick(), 1, LabelFilter{}), doctest::Contains("filter; got none"), Error);
    auto options     = quick();
    options.labeller = sampled_label(-1);
    refuse(options, "labeller.temperature; got -1");
    options.labeller = sampled_label(0, 3);
    refuse(options, "self_improve: labeller.top_k; got 3 at temperature 0");
    options          = quick();
    options.labeller = commonest_of(3, 0);
    refuse(options, "labeller; got 3 samples at temperature 0, which are all alike");
    for (const double peak : {-1.0, double(NAN), 1e300}) {
        options      = quick();
        options.peak = peak;
        refuse(options, "self_improve: peak; got ");
    }
    options         = quick();
    options.prompts = 2'000'000'000;
    refuse(options, "self_improve: prompts; got 2000000000, wanted 1 to 100000000");
    CHECK_THROWS_WITH_AS(Climbing(quick()).sets(1), doctest::Contains("sets of model 1"), Error);
}

TEST_CASE("a vote of one model, and a return to weights that are not kept, are refused before any work") {
    const auto climbs = [](int models, LabelFilter const& filter, ClimbOptions const& options = quick()) {
        Climbing(options, models, filter);
    };
    for (LabelFilter const& filter :
         {LabelFilter(Agreement{}), LabelFilter(LengthFilter{} | Agreement{} | NoFilter{}),
          LabelFilter(NoFilter{} | LabelFilter(Agreement{}))}) {
        CHECK_THROWS_WITH_AS(climbs(1, filter), doctest::Contains("of one model, which agrees with itself"),
                             Error);
        CHECK_NOTHROW(climbs(2, filter));
    }
    CHECK_THROWS_WITH_AS(climbs(1, Agreement{}),
                         doctest::Contains("self_improve: filter; got rung::Agreement of one"), Error);
    auto options     = quick();
    options.watchdog = Collapse{.then = Ruling::roll_back};
    CHECK_NOTHROW(climbs(1, NoFilter{}, options));
    options.snapshots = false;
    CHECK_THROWS_WITH_AS(
        climbs(1, NoFilter{}, options),
        doctest::Contains("self_improve: snapshots; got none for rung::Collapse, which may roll back"),
        Error);
    options.watchdog = Collapse{.then = Ruling::hold};
    CHECK_NOTHROW(climbs(1, NoFilter{}, options));
}

TEST_CASE("a choice of one's own says what it needs of a climb") {
    struct Undoes {
        Needs  needs() const { return {.snapshots = true}; }
        Advice operator()(Round const&, std::vector<Round> const&) const { return {Ruling::roll_back}; }
    };
    struct Counts {
        Needs             needs() const { return {.voters = true}; }
        std::vector<bool> operator()(std::vector<Candidate> const& all) const {
            return std::vector<bool>(all.size());
        }
    };
    auto options      = quick();
    options.watchdog  = Undoes{};
    options.snapshots = false;
    CHECK_THROWS_WITH_AS(Climbing{options}, doctest::Contains("Undoes, which may roll back"), Error);
    CHECK_THROWS_WITH_AS((Climbing{quick(), 1, Counts{}}), doctest::Contains("Counts of one model"), Error);
}

TEST_CASE("a label that nobody can write is refused with its round, its difficulty and who made it") {
    const auto refused = [](ClimbOptions const& options, char const* what) {
        CHECK_THROWS_WITH_AS(Climbing(options).finish(), doctest::Contains(what), Error);
    };
    auto options    = quick();
    options.corrupt = [](Rng&, Candidate const&, int) { return "xyz"; };
    refused(options,
            "self_improve: round 1: difficulty 4: a label of `corrupt`: Vocab: character 0 of 'xyz'");
    options                 = quick();
    options.labeller        = reworded([](std::string const& prompt, int) { return prompt; },
                                [](std::string const&, std::string const&, int) { return "?"; });
    options.labeller.choose = [](std::vector<Answer> const&) { return std::size_t{1}; };
    refused(options, "self_improve: round 1: difficulty 4: a label of Labeller::read: Vocab");
    options.labeller.read = [](std::string const&, std::string const&, int) { return std::string(50, '1'); };
    refused(options, "self_improve: round 1: difficulty 4: a label of Labeller::read: '1111111111");
    refused(options, "='; got 56 tokens together, wanted at most 40, the model's context");
}

TEST_CASE("weights of no set at all are refused, and empty sets leave the first one") {
    auto options   = quick();
    options.replay = [](std::vector<SetInfo> const& sets) { return std::vector<double>(sets.size(), 0.0); };
    refuse(options, "round 1: Replay: weights; got 0 for each of 2 sets, wanted more for one of them");
    options.replay = HalfNewest{.newest = 1};
    CHECK_NOTHROW(Climbing(options, 1, [](std::vector<Candidate> const& all) {
                      return std::vector<bool>(all.size());
                  }).finish());
}
