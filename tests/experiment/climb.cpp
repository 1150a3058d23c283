#include <doctest/doctest.h>
#include <set>

#include <array>

#include "support/climbing.hpp"

using namespace rung_test;

TEST_CASE(
    "a climb that is put away after any piece of work and taken up by others ends with the same bytes") {
    for (const int voters : {1, 2}) {
        auto options      = quick();
        options.schedule  = Next{.each = 2};
        options.snapshots = voters == 2;
        options.labeller  = voters == 2 ? sampled_label(0.8) : greedy_label();
        Climbing                 whole(options, voters, LengthFilter{});
        std::vector<std::string> states{whole.state()};
        while (!whole.engine->ended()) whole.engine->advance(), states.push_back(whole.state());
        REQUIRE(states.size() > 20);
        for (std::size_t k = 0; k < states.size(); k += voters == 1 ? 1 : 5) {
            Climbing other(options, voters, LengthFilter{});
            for (int steps = 0; steps < 3; ++steps) other.engine->advance();  // what it has done is forgotten
            Archive all(states[k]);
            other.engine->archive(all);
            all.end();
            CHECK(other.finish().state() == states.back());
        }
    }
}

TEST_CASE("a climb that is put away with some of a difficulty's labels made ends with the same bytes") {
    auto options     = quick();
    options.rounds   = 1;
    options.prompts  = 2'500;
    options.labeller = commonest_of(8, 1.0);
    std::vector<int> made;
    options.watch.labels = [&](LabelEvent const& e) { made.push_back(e.done); };
    Climbing                 whole(options);
    std::vector<std::string> states;
    while (!whole.engine->ended()) {
        const auto before = made.size();
        whole.engine->advance();
        if (made.size() > before && made.back() < 2'500) states.push_back(whole.state());
    }
    CHECK(made == std::vector<int>{1'024, 2'048, 2'500});
    options.watch = {};
    for (auto const& state : states) {
        Climbing other(options);
        Archive  all(state);
        other.engine->archive(all);
        CHECK(other.finish().state() == whole.state());
    }
}

TEST_CASE("the accepted labels are the same for any number of threads") {
    auto options     = quick();
    options.labeller = commonest_of(3, 1.0);
    const auto kept  = [&](int threads) {
        return Climbing(options, 2, SelfConsistency{.least = 0.6}, threads).finish().state();
    };
    CHECK(kept(1) == kept(3));
}

TEST_CASE("a round that is held is labelled again, one that is rolled back leaves no trace in the weights") {
    for (const Ruling ruling : {Ruling::hold, Ruling::roll_back}) {
        auto options     = quick();
        options.watchdog = [&](Round const& now, std::vector<Round> const&) {
            return now.round == 2 ? Advice{ruling, "I say so"} : Advice{};
        };
        Climbing      c(options);
        std::uint64_t after_first = 0, after_second = 0;
        while (!c.engine->ended()) {
            c.engine->advance();
            const auto bits = bits_of(c.voters[0].model().weights());
            if (c.rounds().size() == 1 && after_first == 0) after_first = bits;
            if (c.rounds().size() == 2 && after_second == 0) after_second = bits;
        }
        CHECK((after_first == after_second) == (ruling == Ruling::roll_back));
        REQUIRE(c.rounds().size() == 3);
        CHECK(c.rounds()[1].difficulty == 5);
        CHECK(c.rounds()[2].difficulty == 5);
        CHECK(c.rounds()[1].sign == "I say so");
        // The test that was made stays on record; what comes next starts from the weights as they are.
        const bool back = ruling == Ruling::roll_back;
        CHECK(c.rounds()[2].before.at(4).correct == c.rounds()[back ? 0 : 1].after.at(4).correct);
        CHECK(c.sets().size() == 2);
    }
    auto options      = quick();
    options.snapshots = false;
    options.watchdog  = [](Round const&, std::vector<Round> const&) { return Advice{Ruling::roll_back, ""}; };
    CHECK_THROWS_AS(Climbing(options).finish(), Error);  // there is nothing to go back to
}

TEST_CASE("a climb ends where its schedule or its watchdog says so") {
    auto options     = quick();
    options.schedule = InOrder{{{5}, {4, 6}}};
    CHECK(Climbing(options).finish().rounds().size() == 2);
    options.watchdog = [](Round const&, std::vector<Round> const&) { return Advice{Ruling::stop, "enough"}; };
    CHECK(Climbing(options).finish().rounds().size() == 1);
}

TEST_CASE("a schedule asks the models, what that costs is counted as labelling") {
    auto options     = quick();
    options.schedule = AsFarAs{.bar = 0, .most = 2};
    Climbing asked(options);
    asked.finish();
    CHECK(asked.rounds()[0].labels.size() == 2);
    CHECK(asked.rounds()[2].difficulty == 9);
    options.schedule = Next{.each = 2};
    Climbing told(options);
    told.finish();
    CHECK(asked.rounds()[0].probed > 0);
    CHECK(told.rounds()[0].probed == 0);
    CHECK(asked.rounds()[0].decoded ==
          told.rounds()[0].decoded);  // the same labels, whatever was asked before
    CHECK(labels_of(asked.sets()[0]) == labels_of(told.sets()[0]));
    options.schedule = AsFarAs{.bar = 0, .most = 40};  // the context ends at 19 digits, and there is the top
    Climbing far(options);
    CHECK(far.finish().rounds().size() == 1);
    CHECK(far.rounds()[0].difficulty == 19);
    options.schedule = AsFarAs{.last = 4};
    Climbing done(options);
    CHECK(done.finish().rounds().size() == 1);
}

TEST_CASE("tests of a climb are as far apart as asked, and the last round has one") {
    auto options       = quick();
    options.test_every = 2;
    Climbing c(options);
    c.finish();
    CHECK(c.rounds()[0].after.scores.empty());
    CHECK(!c.rounds()[1].after.scores.empty());
    CHECK(!c.rounds()[2].after.scores.empty());
    CHECK(c.rounds()[2].before.at(4).correct == c.rounds()[1].after.at(4).correct);
    options.test_every = 0;
    Climbing untested(options);
    untested.finish();
    CHECK(untested.rounds()[2].after.scores.empty());
    CHECK(untested.rounds()[2].flops > 0);
    CHECK(untested.rounds()[2].tokens == c.rounds()[2].tokens);
}

TEST_CASE("labels are told of as they are made, for all models and difficulties of a round together") {
    auto options     = quick();
    options.rounds   = 2;
    options.schedule = [](Turn const& turn) {
        return std::vector<Target>{{4 + turn.level}, {5 + turn.level, 0.5}};
    };
    std::vector<std::array<int, 4>> seen;
    options.watch.labels = [&](LabelEvent const& e) { seen.push_back({e.round, e.done, e.of, e.more}); };
    Climbing c(options, 2);
    c.finish();
    std::vector<std::array<int, 4>> wanted;
    for (int round = 1; round <= 2; ++round)
        for (int done = 0; const int more : {27, 13, 27, 13})
            done += more, wanted.push_back({round, done, 80, more});
    CHECK(seen == wanted);
}

TEST_CASE("half of a round's batches are its own labels, the rest of the first set and of older ones") {
    // Lengths tell the sets apart: 1 to 3 are the first.
    auto options     = quick();
    options.steps    = 200;
    options.peak     = 1e-9;
    options.schedule = [](Turn const& turn) { return std::vector<Target>{{10 + turn.level}}; };
    std::vector<double> rows;
    options.watch = [&](StepEvent const& e) { rows.push_back(double(e.tokens)); };
    Climbing c(options, 1,
               [](std::vector<Candidate> const& all) { return std::vector<bool>(all.size(), true); });
    c.finish();
    const auto mean = [&](int round) {
        double sum = 0;
        for (int i = 0; i < 200; ++i) sum += rows[std::size_t(round * 200 + i)] / 200 / 16;
        return sum;
    };
    const auto length = [&](int set) {  // of what is read, on average
        double sum = 0;
        for (auto const& label : c.sets()[std::size_t(set)].labels)
            sum += double(label.prompt.size() + 1 + label.answer.size()) / 40;
        return sum;
    };
    const double first = 2 * 2 + 2;  // digits twice, begin and "=", and no end is read
    CHECK(mean(0) == doctest::Approx(0.5 * first + 0.5 * length(0)).epsilon(0.02));
    CHECK(mean(1) == doctest::Approx(0.375 * first + 0.125 * length(0) + 0.5 * length(1)).epsilon(0.02));
    CHECK(mean(2) ==
          doctest::Approx(0.3 * first + 0.1 * length(0) + 0.1 * length(1) + 0.5 * length(2)).epsilon(0.02));
}

TEST_CASE("the state of another climb is refused, with the difference") {
    auto              options = quick();
    Climbing          one(options);
    const std::string state = one.state();
    options.prompts         = 41;
    CHECK_THROWS_AS(load(*Climbing(options).engine, state), Error);
    CHECK_THROWS_AS(load(*Climbing(quick(), 2).engine, state), Error);
    Climbing same(quick());
    auto     other = climb(same.voters, Reverse{}, Uniform{3, 3}, NoFilter{}, quick());
    CHECK_THROWS_WITH_AS(load(other, state), doctest::Contains("self_improve: first set; got '32 examples "),
                         Error);
    CHECK_NOTHROW(load(*same.engine, state));
    for (std::size_t cut = 0; cut < state.size(); cut += 997)
        CHECK_THROWS_AS(load(*same.engine, state.substr(0, cut)), Error);
}

TEST_CASE("a climb that goes on later keeps the curriculum where training left it") {
    struct Later {
        int  difficulty(Rng&, int step) const { return step >= 60 ? 3 : 1; }
        int  hardest() const { return 3; }
        void observe(Report const&) const {}
    };
    const auto climbed = [&](bool broken) {
        Climbing c(quick());
        auto     engine = climb(c.voters, Reverse{}, Later{}, NoFilter{}, quick());
        for (int i = 0; i < 5; ++i) engine.advance();
        cpu::Context<> ctx{{.threads = 1}};
        auto           fresh   = make_voters<SmallModel<>>(ctx, 1);
        auto           other   = climb(fresh, Reverse{}, Later{}, NoFilter{}, quick());
        auto&          goes_on = broken ? other : engine;
        if (broken) load(other, saved(engine));
        while (!goes_on.ended()) goes_on.advance();
        return bits_of((broken ? fresh : c.voters)[0].model().weights());
    };
    CHECK(climbed(true) == climbed(false));
}

TEST_CASE("a climb begins with any source that knows its hardest") {
    Climbing          c(quick());
    const std::string taught = saved(c.voters);
    const auto        tokens = [&](auto const& first) {
        load(c.voters, taught);
        return self_improve(c.voters, Reverse{}, first, NoFilter{}, quick()).back().tokens;
    };
    const auto by_curriculum = tokens(Uniform{1, 3});
    CHECK(tokens(Lesson{Reverse{}, Uniform{1, 3}}) == by_curriculum);
    CHECK(tokens(Lesson{Reverse{}, Uniform{3, 3}}) != by_curriculum);
}

TEST_CASE("problems that a task cannot make are refused before any work") {
    struct Picky : Reverse {
        Example sample(Rng& rng, int difficulty) const {
            RUNG_CHECK(difficulty < 6, "Picky: difficulty; got ", difficulty, ", wanted less than 6");
            return Reverse::sample(rng, difficulty);
        }
    };
    cpu::Context<> ctx{{.threads = 1}};
    SmallModel<>   model{ctx};
    Trainer        trainer{ctx, model};
    auto           options = quick();
    CHECK_THROWS_AS(climb(trainer, Picky{}, Uniform{1, 3}, NoFilter{}, options), Error);  // tests go to 6
    options.test.to = 30;
    CHECK_THROWS_WITH_AS(climb(trainer, Picky{}, Uniform{1, 3}, NoFilter{}, options),
                         doctest::Contains("self_improve: ClimbOptions::test: longest sequence"), Error);
    options.test.to = 5;
    CHECK_THROWS_WITH_AS(
        climb(trainer, Picky{}, Uniform{1, 3}, NoFilter{}, options),
        doctest::Contains("Picky: sample of difficulty 6: Picky: difficulty; got 6, wanted less than 6"),
        Error);
    options.rounds = 2;
    CHECK_NOTHROW(climb(trainer, Picky{}, Uniform{1, 3}, NoFilter{}, options));
}

TEST_CASE("a climb that diverges goes back to what was kept and on with other examples") {
    struct Memory : Keeper {
        std::string kept;
        int         returns = 0;

        void begin(State const&) override {}
        void step(State const& state, bool) override {
            Archive all;
            state(all);
            kept = all.bytes();
        }
        bool retry(State const& state, int, std::string_view) override {
            ++returns;
            Archive all(kept);
            state(all);
            return true;
        }
    };
    const auto          memory = std::make_shared<Memory>();
    std::vector<double> losses;  // of the step that failed, each time
    auto                options = quick();
    options.watch               = Watch(
        [&, steps = std::make_shared<int>(0)](StepEvent const& e) {
            if (++*steps == 6 || *steps == 7) {
                losses.push_back(e.loss);
                if (*steps == 6) throw Diverged("a step too far");
            }
        },
        memory);
    Climbing c(quick());
    CHECK(self_improve(c.voters, Reverse{}, Uniform{1, 3}, NoFilter{}, options).size() == 3);
    CHECK(memory->returns == 1);
    REQUIRE(losses.size() == 2);
    CHECK(losses[0] != losses[1]);  // from the same weights, so the examples were others
    options.watch = [](StepEvent const&) { throw Diverged("and nobody keeps anything"); };
    CHECK_THROWS_AS(self_improve(c.voters, Reverse{}, Uniform{1, 3}, NoFilter{}, options), Diverged);
}

TEST_CASE("examples are told apart by all that is learnt from") {
    const auto text = [](Item const& item) { return detail::examples_text([&](Rng&) { return item; }); };
    const Item item{.tokens = {1, 4, 5, 2}, .prompt = 2};
    std::set<std::string> all{text(item)};
    const auto            change = [&](auto const& how) {
        Item other = item;
        how(other);
        CHECK(all.insert(text(other)).second);
    };
    change([](Item& o) { o.tokens[1] = 6; });
    change([](Item& o) { o.prompt = 3; });
    change([](Item& o) { o.targets = {4, 5, 2, -1}; });
    change([](Item& o) { o.positions = {0, 2, 1}; });
    change([](Item& o) { o.mask = {1, 1, 1, 1}; });
    change([](Item& o) { o.mask = {1, 1, 0, 1}; });
    change([](Item& o) { o.passes = 2; });
    change([](Item& o) { o.difficulty = {1, 2}; });
    CHECK(text(item) == text(Item(item)));
}
