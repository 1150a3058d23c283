#include <doctest/doctest.h>

#include "support/climbing.hpp"

using namespace rung_test;

namespace {

detail::Said said(std::string text, double confidence = 1, bool ended = true) {
    return {{.text = text, .ended = ended, .tokens = int(text.size()) + ended, .confidence = confidence}, 1};
}
Candidate vote(std::vector<detail::Said> const& said, std::size_t owner = 0) {
    std::vector<detail::Said const*> all;
    for (auto const& one : said) all.push_back(&one);
    return detail::vote("1=", 3, all, owner);
}

}  // namespace

TEST_CASE("the commonest answer is the label, of equals that of the model which will learn from it") {
    CHECK(vote({said("12"), said("13"), said("13")}).answer == "13");
    CHECK(vote({said("12"), said("13"), said("13")}).agreement == doctest::Approx(2.0 / 3));
    CHECK(vote({said("12"), said("13"), said("14")}, 0).answer == "12");
    CHECK(vote({said("12"), said("13"), said("14")}, 2).answer == "14");
    CHECK(vote({said("12"), said("13"), said("12"), said("13")}, 1).answer == "13");
    CHECK(vote({said("12", 0.5), said("12", 0.9), said("1")}).confidence == doctest::Approx(0.7));
    // The same text is another answer where the end is missing.
    CHECK(vote({said("12"), said("12", 1, false), said("13"), said("13")}).answer == "13");
    CHECK(vote({said("12", 1, false)}).ended == false);
    CHECK(vote({said("12")}).tokens == 3);
}

TEST_CASE(
    "voters differ by their seeds, label problems of their own, and the first is what one model would be") {
    Climbing three(quick(), 3, Agreement{.least = 0.6}), one(quick());
    CHECK(three.voters[0].context().seed() == one.ctx.seed());
    CHECK(bits_of(three.voters[0].model().weights()) == bits_of(one.voters[0].model().weights()));
    CHECK(bits_of(three.voters[0].model().weights()) != bits_of(three.voters[1].model().weights()));
    three.finish();
    CHECK(labels_of(three.sets(0)[0]) != labels_of(three.sets(1)[0]));
    for (int voter = 0; voter < 3; ++voter)
        for (auto const& set : three.sets(voter))
            for (auto const& label : set.labels) CHECK(label.agreement >= 2.0 / 3 - 1e-9);
    for (auto const& round : three.rounds()) {
        CHECK(round.total().labelled == 120);
        CHECK(round.after.at(1).count == 30);
        if (round.total().kept > 0) CHECK(round.total().trust >= 2.0 / 3 - 1e-9);
        CHECK(round.total().agreement <= 1);
    }
}

TEST_CASE("every kept label says where it comes from") {
    auto options     = quick();
    options.schedule = Next{.each = 2};
    Climbing c(options);
    c.finish();
    REQUIRE(c.sets().size() == 3);
    int round = 0;
    for (auto const& set : c.sets()) {
        CHECK(set.round == ++round);
        CHECK(set.width == 2);
        CHECK(set.labels.size() == 40);
        for (auto const& label : set.labels) {
            CHECK(int(label.prompt.size()) == label.difficulty.first + 1);
            CHECK((label.difficulty == 2 + 2 * round || label.difficulty == 3 + 2 * round));
            CHECK(label.confidence > 0);
        }
    }
    CHECK(c.rounds()[1].labels.size() == 2);
    CHECK(c.rounds()[1].labels[0].labelled == 20);
}

TEST_CASE("labels and samples do not depend on how the prompts were cut into calls") {
    auto options     = quick();
    options.rounds   = 1;
    options.prompts  = 2'500;  // of 1,024 and fewer
    options.labeller = commonest_of(8, 1.0);
    Climbing              c(options);
    const auto            voters = std::vector<Voter*>{&c.voters[0]};
    detail::LabellingCost cost;
    detail::ProblemSet    all(Reverse{}, 4, options.prompts, {c.ctx.seed(), Purpose::self_improvement, 1, 0});
    const auto            at_once = detail::candidates(
                   voters, Reverse{}, {.prompts = all.prompts, .difficulty = 4, .limit = all.limit, .round = 1}, options,
                   cost);
    c.finish();
    auto const& labels = c.sets()[0].labels;
    REQUIRE(labels.size() == at_once.size());
    CHECK(cost.tokens == c.rounds()[0].decoded);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        CHECK(labels[i].prompt == at_once[i].prompt);
        CHECK(labels[i].answer == at_once[i].answer);
        CHECK(labels[i].consistency == at_once[i].consistency);
    }
}

TEST_CASE("what each model keeps of a round is told before it is trained on") {
    auto                                  options = quick();
    std::vector<std::pair<int, int>>      told;
    std::vector<std::vector<std::string>> kept;
    options.watch_labels = [&](int voter, LabelledSet const& set) {
        told.emplace_back(voter, set.round);
        kept.push_back(labels_of(set));
    };
    Climbing c(options, 2);
    c.finish();
    CHECK(told == std::vector<std::pair<int, int>>{{0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}});
    for (std::size_t i = 0; i < kept.size(); ++i)
        CHECK(kept[i] == labels_of(c.sets(told[i].first)[std::size_t(told[i].second - 1)]));
}

TEST_CASE("a difficulty without a weight is not labelled") {
    auto options     = quick();
    options.schedule = [](Turn const& turn) {
        return std::vector<Target>{{Difficulty(4 + turn.level)}, {Difficulty(5 + turn.level), 0}};
    };
    Climbing c(options);
    CHECK(c.finish().rounds()[0].labels.size() == 1);
    CHECK(c.sets()[0].labels.size() == 40);
}

TEST_CASE("prompts are shared among difficulties by their weights, to the last one") {
    CHECK(detail::shares_of({{5, 1}, {6, 2}, {7, 1}}, 100) == std::vector<int>{25, 50, 25});
    CHECK(detail::shares_of({{5, 1}, {6, 1}, {7, 1}}, 100) == std::vector<int>{33, 34, 33});
    CHECK(detail::shares_of({{5, 1}, {6, 0}}, 7) == std::vector<int>{7, 0});
    CHECK_THROWS_AS(detail::shares_of({{5, -1}}, 7), Error);
}

TEST_CASE(
    "controls: with the wrong labels left out all that is kept is right, with true labels all is kept") {
    auto options    = quick();
    options.control = Control::keep_right;
    Climbing right_only(options);
    for (auto const& round : right_only.finish().rounds()) {
        CHECK(round.total().kept == round.total().labelled_right);
        CHECK(round.total().kept_right == round.total().kept);
    }
    options.control = Control::true_labels;
    Climbing told(options);
    for (auto const& round : told.finish().rounds()) {
        CHECK(round.total().kept_right == 40);
        CHECK(round.total().recall() == 1);
        CHECK(round.sign.empty());
    }
}

TEST_CASE("labels that noise spoils are counted apart from the filter's") {
    auto options    = quick();
    options.control = Control::true_labels;
    options.corrupt = LabelNoise{.kind = Corruption::drop, .share = 1, .rounds = {2}};
    Climbing c(options);
    c.finish();
    CHECK(c.rounds()[0].total().spoilt == 0);
    CHECK(c.rounds()[1].total().spoilt == 40);
    CHECK(c.rounds()[1].total().precision() == 1);
    for (auto const& label : c.sets()[1].labels) CHECK(label.answer.size() < label.prompt.size() - 1);
}
