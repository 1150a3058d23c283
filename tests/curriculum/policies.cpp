#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "rung/core/archive.hpp"
#include "rung/curriculum/filter.hpp"
#include "rung/curriculum/label_noise.hpp"
#include "rung/curriculum/labeller.hpp"
#include "rung/curriculum/replay.hpp"
#include "rung/curriculum/schedule.hpp"
#include "rung/curriculum/watchdog.hpp"

using namespace rung;

namespace {

struct Number {
    int value;
};
template <class F>
int operator|(Number number, F const& f) {
    return f(number.value);
}

std::vector<std::string> texts(std::vector<Target> const& targets) {
    std::vector<std::string> all;
    for (auto const& target : targets) all.push_back(target.difficulty.text());
    return all;
}
using Texts = std::vector<std::string>;

/// The first rounds of a schedule that asks nothing.
template <class Plan>
std::vector<Texts> rounds_of(Plan const& plan, Difficulty hardest, int count) {
    std::vector<std::vector<Target>> history;
    std::vector<Texts>               all;
    for (int level = 0; level < count; ++level) {
        history.push_back(plan({level, hardest, history, {}}));
        all.push_back(texts(history.back()));
    }
    return all;
}

Answer said(std::string text, double confidence = 1) {
    return {.text = text, .ended = true, .tokens = int(text.size()) + 1, .confidence = confidence};
}
Candidate label(std::string answer) { return {.prompt = "1=", .answer = answer, .ended = true}; }

Round round_with(int kept, double trust, Report after = {}) {
    Round round;
    round.labels = {{.difficulty = 4, .labelled = 100, .kept = kept, .trust = trust}};
    round.after  = std::move(after);
    return round;
}

}  // namespace

TEST_CASE("schedules: one step further, several, along either axis, and a list that ends") {
    CHECK(rounds_of(Next{}, 10, 3) == std::vector<Texts>{{"11"}, {"12"}, {"13"}});
    CHECK(rounds_of(Next{.by = {0, 1}}, {30, 9}, 2) == std::vector<Texts>{{"30x10"}, {"30x11"}});
    CHECK(rounds_of(Next{.by = {1, 0}, .each = 3}, {30, 9}, 2) ==
          std::vector<Texts>{{"31x9", "32x9", "33x9"}, {"34x9", "35x9", "36x9"}});
    CHECK(rounds_of(InOrder{{{7, 8}, {12}}}, 5, 3) == std::vector<Texts>{{"7", "8"}, {"12"}, {}});
    CHECK(rounds_of(both_grow(2, 4), {2, 2}, 8) == std::vector<Texts>{{"1x3", "3x1"},
                                                                      {"2x3", "3x2"},
                                                                      {"3x3"},
                                                                      {"1x4", "4x1"},
                                                                      {"2x4", "4x2"},
                                                                      {"3x4", "4x3"},
                                                                      {"4x4"},
                                                                      {}});
    CHECK_THROWS_AS(rounds_of(Next{.by = {0, 0}}, 3, 1), Error);
    CHECK_THROWS_AS(rounds_of(Next{.by = {-1, 1}}, {3, 3}, 1), Error);
}

TEST_CASE("the accelerated schedule goes as far as the bar holds, at least one step, never past its last") {
    std::vector<std::vector<Target>> history;
    const auto probe = [](Difficulty d) { return Probe{.accuracy = d <= 14 ? 1.0 : 0.5, .confidence = 1}; };
    const AsFarAs right{.by = &Probe::accuracy};
    CHECK(texts(right({0, 10, history, probe})) == Texts{"11", "12", "13", "14"});
    CHECK(texts(AsFarAs{.most = 2}({0, 10, history, probe})) == Texts{"11", "12"});
    CHECK(texts(AsFarAs{.last = 12}({0, 10, history, probe})) == Texts{"11", "12"});
    CHECK(texts(AsFarAs{.most = 6}({0, 10, history, probe})).size() == 6);
    history = {{{11}, {12}}};
    CHECK(texts(right({1, 10, history, probe})) == Texts{"13", "14"});
    history = {{{16}}};
    CHECK(texts(right({1, 10, history, probe})) == Texts{"17"});
    CHECK(texts(AsFarAs{.last = 16}({1, 10, history, probe})).empty());
    history = {{{16}}, {}};  // a round of nothing, which a climb ends with
    CHECK(texts(AsFarAs{.last = 10}({2, 10, history, probe})).empty());
    CHECK_THROWS_AS(AsFarAs{.step = {}}({0, 10, history, probe}), Error);
    CHECK_THROWS_AS(AsFarAs{.most = 0}({0, 10, history, probe}), Error);
}

TEST_CASE(
    "replay: half the newest set, the rest by difficulties, sets that are empty or forgotten left out") {
    const auto near = [](std::vector<double> a, std::vector<double> const& b) {
        REQUIRE(a.size() == b.size());
        for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]));
    };
    near(HalfNewest{}({{0, 8}, {50, 1}, {50, 1}, {50, 1}}), {0.4, 0.05, 0.05, 0.5});
    near(HalfNewest{}({{0, 8}, {50, 1}}), {0.5, 0.5});
    near(HalfNewest{}({{0, 7}, {50, 3}, {0, 1}, {50, 1}}), {0.35, 0.15, 0, 0.5});
    near(HalfNewest{.newest = 0.2, .first = 1}({{0, 8}, {50, 1}, {50, 1}}), {0.4, 0.4, 0.2});
    near(HalfNewest{.keep = 2}({{0, 4}, {50, 1}, {50, 1}, {50, 1}}), {0.4, 0, 0.1, 0.5});
    near(HalfNewest{.keep = 1}({{0, 4}, {50, 1}, {50, 1}}), {0.5, 0, 0.5});
    near(HalfNewest{.enough = 100}({{0, 8}, {50, 1}, {25, 1}}), {7.0 / 9, 0.875 / 9, 0.125});
    near(HalfNewest{.enough = 100}({{0, 8}, {50, 1}, {0, 1}}), {8.0 / 9, 1.0 / 9, 0});
    near(HalfNewest{.enough = 100}({{0, 8}, {50, 1}, {100, 1}}), {4.0 / 9, 0.5 / 9, 0.5});
    CHECK_THROWS_AS(HalfNewest{.enough = -1}({{0, 8}, {50, 1}}), Error);
    CHECK_THROWS_AS(HalfNewest{.newest = 2}({{0, 8}, {50, 1}}), Error);
}

TEST_CASE("labellers choose the surest or the commonest of several answers, the first of equals") {
    const std::vector<Answer> answers{said("1", 0.2), said("2", 0.9), said("1", 0.1), said("2", 0.3)};
    CHECK(best_of(4, 1).choose(answers) == 1);
    CHECK(commonest_of(4, 1).choose(answers) == 0);
    CHECK(commonest_of(4, 1).choose({said("3"), said("2"), said("2")}) == 1);
    Answer cut = said("4", 0.95);
    cut.ended  = false;
    CHECK(best_of(2, 1).choose({cut, said("5", 0.1)}) == 1);  // what ended is worth more
    CHECK(!greedy_label().choose);
    CHECK(greedy_label().temperature == 0);
    CHECK(sampled_label(0.7, 3).top_k == 3);
    Answer open = said("1");
    open.ended  = false;
    CHECK(detail::count_of(answers, open) == 0);  // the same text, but no end
}

TEST_CASE("filters look at agreement, consistency, length and a check, joined, at all of them") {
    std::vector<Candidate> all{label("17"), label("18"), label("170"), label("17")};
    all[0].agreement = 0.8, all[1].agreement = 0.6, all[2].agreement = 1, all[3].agreement = 4.0 / 5;
    all[3].ended       = false;
    all[1].consistency = 0.5;
    for (auto& c : all) c.tokens = int(c.answer.size()) + c.ended;
    using Kept = std::vector<bool>;
    CHECK(Agreement{.least = 0.8}(all) == Kept{true, false, true, true});
    CHECK(SelfConsistency{.least = 0.6}(all) == Kept{true, false, true, true});
    CHECK(FixedLength{[](Candidate const&) { return 3; }}(all) == Kept{true, true, false, false});
    const Verifier seven{[](std::string const&, std::string const& answer) { return answer[1] == '7'; }};
    CHECK(seven(all) == Kept{true, false, true, false});
    CHECK((Agreement{.least = 0.8} | seven | LengthFilter{})(all) == Kept{false, false, true, false});
    CHECK_THROWS_AS(Agreement{.least = 1.5}(all), Error);
    CHECK_THROWS_AS(Verifier{}(all), Error);
    CHECK_THROWS_AS(FixedLength{}(all), Error);
}

TEST_CASE("noise in labels: as many as asked, of the kind that was asked, in the rounds that were asked") {
    const Candidate truth = label("123456");
    const auto      made  = [&](LabelNoise const& noise, int round, std::uint32_t i) {
        Rng rng(1, Purpose::user, 0, i);
        return noise(rng, truth, round);
    };
    int changed = 0;
    for (std::uint32_t i = 0; i < 4'000; ++i) {
        changed += made({.kind = Corruption::perturb, .share = 0.25}, 1, i) != truth.answer;
        CHECK(made({.share = 1, .rounds = {5, 10}}, 4, i) == truth.answer);
    }
    CHECK(changed == doctest::Approx(1'000).epsilon(0.1));
    std::map<std::size_t, int> dropped;
    std::map<int, int>         moved;
    for (std::uint32_t i = 0; i < 3'000; ++i) {
        const std::string drop = made({.kind = Corruption::drop, .share = 1}, 1, i);
        ++dropped[truth.answer.size() - drop.size()];
        CHECK(drop.substr(0, 3) == "123");
        const std::string other = made({.kind = Corruption::perturb, .share = 1}, 1, i);
        REQUIRE(other.size() == 6);
        int places = 0;
        for (std::size_t at = 0; at < 6; ++at) {
            const int way = (other[at] - truth.answer[at] + 10) % 10;
            CHECK((way == 0 || way == 1 || way == 9));
            places += way != 0;
            if (at < 3) CHECK(way == 0);
        }
        ++moved[places];
        const std::string random = made({.share = 1}, 1, i);
        REQUIRE(random.size() == 6);
        for (std::size_t at = 0; at < 6; ++at) CHECK(random[at] != truth.answer[at]);
        CHECK(made({.kind = Corruption::drop_and_perturb, .share = 1}, 1, i).size() < 6);
    }
    for (int places = 1; places <= 3; ++places) {
        CHECK(moved[places] == doctest::Approx(1'000).epsilon(0.1));
        CHECK(dropped[std::size_t(places)] == doctest::Approx(1'000).epsilon(0.1));
    }
    Rng rng(1, Purpose::user);
    CHECK(LabelNoise{.kind = Corruption::drop, .share = 1}(rng, label("x"), 1) == "x");  // nothing to drop
}

TEST_CASE("the watchdog sees few labels, little trust in them, and agreement that falls") {
    const Collapse watch;
    CHECK(watch(round_with(90, 0.99), {}).sign.empty());
    CHECK(watch(round_with(5, 0.99), {}).sign == "kept 5 % of the labels");
    CHECK(watch(round_with(90, 0.7), {}).sign == "trust in the kept labels is 70 %");
    CHECK(watch(round_with(0, 0), {}).sign == "kept 0 % of the labels");
    CHECK(watch(round_with(5, 0.5), {}).ruling == Ruling::go_on);
    Round sure = round_with(90, 0.99), doubtful = sure;
    sure.labels[0].agreement     = 0.95;
    doubtful.labels[0].agreement = 0.5;  // while the filter keeps what all agree on
    CHECK(watch(doubtful, {sure}).sign == "agreement fell from 95 % to 50 %");
}

TEST_CASE("the watchdog sees a frontier that stands, but not one that has reached all that is tested") {
    const auto tests = [](std::vector<std::pair<Difficulty, bool>> const& solved) {
        Report report;
        for (auto const& [difficulty, right] : solved)
            report.scores.push_back({.difficulty = difficulty, .correct = right ? 10 : 0, .count = 10});
        return report;
    };
    const Collapse     watch;
    const Report       one = tests({{1, true}, {2, false}}), both = tests({{1, true}, {2, true}}), none;
    std::vector<Round> before(5, round_with(90, 0.99, one));
    CHECK(watch(round_with(90, 0.99, one), before).sign == "the frontier stands since 5 rounds");
    for (const Ruling then : {Ruling::hold, Ruling::roll_back, Ruling::stop}) {
        const Collapse acts{.then = then};  // on what needs no truth, and to stop
        CHECK(acts(round_with(90, 0.99, one), before).sign == "the frontier stands since 5 rounds");
        CHECK((acts(round_with(90, 0.99, one), before).ruling == then) == (then == Ruling::stop));
        CHECK(acts(round_with(5, 0.99, one), before).ruling == then);
    }
    CHECK(watch(round_with(90, 0.99, both), before).sign.empty());
    CHECK(watch(round_with(90, 0.99, both), std::vector<Round>(5, round_with(90, 0.99, both))).sign.empty());
    before[2].ruling = Ruling::hold;  // does not count
    CHECK(watch(round_with(90, 0.99, one), before).sign.empty());
    std::vector<Round> seldom(7, round_with(90, 0.99, none));  // tested in rounds 2, 4, 6
    for (const std::size_t i : {1u, 3u, 5u}) seldom[i].after = one;
    CHECK(watch(round_with(90, 0.99, one), seldom).sign == "the frontier stands since 5 rounds");
    // Of two axes, what is solved anywhere counts: the frontier in their order stays before the first gap.
    const Report gap       = tests({{{1, 1}, true}, {{1, 2}, false}, {{2, 1}, false}, {{2, 2}, false}}),
                 gap_moved = tests({{{1, 1}, true}, {{1, 2}, false}, {{2, 1}, true}, {{2, 2}, false}});
    CHECK(watch(round_with(90, 0.99, gap_moved), std::vector<Round>(5, round_with(90, 0.99, gap)))
              .sign.empty());
}

TEST_CASE("the watchdog sees at once that what was known is forgotten") {
    const auto tests = [](std::vector<int> const& right) {
        Report report;
        for (std::size_t i = 0; i < right.size(); ++i)
            report.scores.push_back({.difficulty = int(i) + 1, .correct = right[i], .count = 100});
        return report;
    };
    Round first  = round_with(90, 0.99, tests({100, 100, 99, 91, 0}));
    first.before = tests({100, 100, 100, 99, 0});
    CHECK(Collapse{}(first, {}).sign.empty());  // 91 of 100 may be chance
    first.after = tests({100, 100, 99, 89, 0});
    CHECK(Collapse{}(first, {}).sign == "the frontier fell from 4 to 3 at 90 %");
    CHECK(Collapse{.then = Ruling::stop}(first, {}).ruling == Ruling::stop);
    CHECK(Collapse{.then = Ruling::hold}(first, {}).ruling == Ruling::go_on);  // by the truth alone
    CHECK(Collapse{.stalled = 0}(first, {}).sign.empty());
    Round second = round_with(90, 0.99, tests({100, 70, 99, 99, 0}));
    CHECK(Collapse{}(second, {first}).sign == "the frontier fell from 4 to 1 at 90 %");
    Round better = round_with(90, 0.99, tests({100, 100, 100, 100, 100}));
    CHECK(Collapse{}(first, {better}).sign == "the frontier fell from 5 to 3 at 90 %");
    better.ruling = Ruling::roll_back, better.before = first.after;  // given up
    CHECK(Collapse{}(first, {better}).sign.empty());
    CHECK(Collapse{}(round_with(90, 0.99), {first}).sign.empty());  // no test
}

TEST_CASE("two filters of one's own make one") {
    const Both both{[](std::vector<Candidate> const& all) { return std::vector<bool>(all.size(), true); },
                    Agreement{}};
    CHECK(both({label("1")}).size() == 1);
}

TEST_CASE("filters leave the pipes of others alone") {
    CHECK((Number{2} | [](auto x) { return x + 1; }) == 3);
}

TEST_CASE("the watchdog holds for as long as its patience lasts, and then stops") {
    const Collapse     watch{.then = Ruling::hold, .patience = 2};
    std::vector<Round> before;
    for (const bool ends : {false, false, true}) {
        Round        round  = round_with(1, 0.9);
        const Advice advice = watch(round, before);
        round.ruling        = advice.ruling;
        CHECK(advice.ruling == Ruling::hold);
        CHECK(advice.ends == ends);
        before.push_back(round);
    }
    const Collapse half = hold_until_kept(0.5, 2);
    CHECK(half(round_with(49, 0.1), {}).ruling == Ruling::hold);
    CHECK(half(round_with(51, 0.1), {}).ruling == Ruling::go_on);
    CHECK(half(round_with(49, 0.1), before).ends);
    before.push_back(round_with(90, 0.9));  // it went on meanwhile: patience is new
    CHECK(watch(round_with(1, 0.9), before).ruling == Ruling::hold);
}

TEST_CASE("a round is written and read back whole") {
    Round round = round_with(7, 0.5, Report{{{.difficulty = {3, 4}, .correct = 2, .count = 9}}});
    round.sign = "x", round.ruling = Ruling::hold, round.tokens = 5, round.round = 2;
    Archive all;
    all(round);
    Round   other;
    Archive read(all.bytes());
    read(other), read.end();
    Archive again;
    again(other);
    CHECK(again.bytes() == all.bytes());
    CHECK(other.after.at({3, 4}).correct == 2);
    CHECK(other.total().kept == 7);
}

TEST_CASE("a round prints its labels as a table, a line a difficulty") {
    Round round  = round_with(7, 0.5);
    round.labels = {{.difficulty     = {3, 1},
                     .labelled       = 40,
                     .labelled_right = 35,
                     .kept           = 32,
                     .kept_right     = 28,
                     .trust          = 0.5},
                    {.difficulty = {4, 1}, .labelled = 10, .labelled_right = 0}};
    round.round = 12, round.sign = "trust in the kept labels is 50 %", round.ruling = Ruling::hold,
    round.ends = true;
    std::ostringstream out;
    out << round << 0.5;
    CHECK(out.str() ==
          "round 12: hold, the end; trust in the kept labels is 50 %\n"
          "difficulty  labelled      kept  precision    recall     trust\n"
          "       3x1        40        32      0.875     0.800     0.500\n"
          "       4x1        10         0      0.000     0.000     0.000\n0.5");
    std::ostringstream plain;
    plain << Round{};
    CHECK(plain.str() == "round 0: go on\ndifficulty  labelled      kept  precision    recall     trust\n");
}
