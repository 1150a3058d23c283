// Problems that are asked several times, each time in other words.

#include <doctest/doctest.h>

#include "support/climbing.hpp"

using namespace rung_test;

namespace {

/// What a filter of the first round is shown.
std::vector<Candidate> seen(Labeller const& labeller) {
    auto options     = quick();
    options.labeller = labeller;
    std::vector<Candidate> shown;
    Climbing(options, 1, [&](std::vector<Candidate> const& all) {
        if (shown.empty()) shown = all;
        return std::vector<bool>(all.size(), true);
    }).finish();
    return shown;
}

}  // namespace

TEST_CASE("a label is the answer to the problem itself, and its consistency what the other wordings say") {
    std::vector<std::string> asked;
    const auto               always_alike = [&](std::string const&, int sample) {
        asked.push_back(std::to_string(sample));
        return std::string("1=");
    };
    const auto plain = seen(greedy_label());
    const auto alike = seen(reworded([](std::string const& prompt, int) { return prompt; }, {}, 3));
    const auto other = seen(reworded(always_alike));
    REQUIRE(plain.size() == 40);
    REQUIRE(other.size() == plain.size());
    std::size_t agreed = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        CHECK(alike[i].prompt + alike[i].answer == plain[i].prompt + plain[i].answer);
        CHECK(alike[i].consistency == 1);
        CHECK(other[i].prompt + other[i].answer == plain[i].prompt + plain[i].answer);
        CHECK(other[i].confidence == plain[i].confidence);
        agreed += other[i].consistency == 1;
    }
    CHECK(agreed < plain.size());
    CHECK(asked == std::vector<std::string>(3 * 40, "1"));  // three rounds
    CHECK_THROWS_AS(reworded({}), Error);
    CHECK_THROWS_AS(reworded(always_alike, {}, 1), Error);
}

TEST_CASE("an answer to another wording is read as one to the problem itself before they are compared") {
    const auto       same  = [](std::string const& prompt, int) { return prompt; };
    std::vector<int> read  = {};
    const auto       noted = [&](std::string const& prompt, std::string const& answer, int sample) {
        read.push_back(sample);
        CHECK(prompt.ends_with('='));
        return sample == 1 ? answer : answer + "1";
    };
    const auto plain = seen(greedy_label()), labels = seen(reworded(same, noted, 3));
    REQUIRE(labels.size() == plain.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        CHECK(labels[i].answer == plain[i].answer);
        CHECK(labels[i].consistency == doctest::Approx(2.0 / 3));
    }
    CHECK(std::count(read.begin(), read.end(), 1) == 3 * 40);  // three rounds
    CHECK(std::count(read.begin(), read.end(), 2) == 3 * 40);
}

TEST_CASE("what is asked in other words counts as labelling, and must be readable") {
    auto     options = quick();
    Climbing once(options);
    options.labeller = reworded([](std::string const& prompt, int) { return prompt; });
    Climbing twice(options);
    CHECK(twice.finish().rounds()[0].decoded == 2 * once.finish().rounds()[0].decoded);
    options.labeller = reworded([](std::string const& prompt, int) { return "12" + prompt; });
    Climbing longer(options);
    CHECK(longer.finish().rounds()[0].flops > twice.rounds()[0].flops);
    options.labeller = reworded([](std::string const&, int) { return std::string("a="); });
    CHECK_THROWS_WITH_AS(Climbing(options).finish(), doctest::Contains("'a"), Error);
    options.labeller = reworded([](std::string const& prompt, int) { return std::string(99, '1') + prompt; });
    CHECK_THROWS_WITH_AS(Climbing(options).finish(), doctest::Contains("Labeller::ask: wording 1, '111"),
                         Error);
}
