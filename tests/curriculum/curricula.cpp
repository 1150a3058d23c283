#include <doctest/doctest.h>

#include <map>

#include "rung/curriculum/filter.hpp"
#include "rung/curriculum/grow_when_mastered.hpp"
#include "rung/curriculum/uniform.hpp"

using namespace rung;

namespace {

template <class Curriculum>
std::map<int, int> drawn(Curriculum const& curriculum, int count = 10'000) {
    Rng                rng(1, Purpose::user);
    std::map<int, int> seen;
    for (int i = 0; i < count; ++i) ++seen[curriculum.difficulty(rng)];
    return seen;
}

Candidate candidate(int tokens, bool ended = true) {
    return {"p", std::string(std::size_t(tokens), '1'), ended, tokens};
}

}  // namespace

TEST_CASE("uniform draws every difficulty of its range equally often and none outside") {
    const auto seen = drawn(Uniform{3, 6});
    CHECK(seen.size() == 4);
    for (auto const& [difficulty, count] : seen) {
        CHECK((difficulty >= 3 && difficulty <= 6));
        CHECK(count == doctest::Approx(2'500).epsilon(0.08));
    }
}

TEST_CASE("growing moves up one level at a time, when the present one is mastered and only then") {
    GrowWhenMastered grow{{.start = 2, .limit = 4, .mastery = 0.9}};
    CHECK(grow.reached() == 2);
    grow.observe({{{2, 89, 100}, {3, 100, 100}}});
    CHECK(grow.reached() == 2);
    grow.observe({{{2, 90, 100}, {3, 100, 100}}});
    CHECK(grow.reached() == 3);
    grow.observe({{{4, 100, 100}}});
    CHECK(grow.reached() == 3);
    grow.observe({{{3, 100, 100}}});
    grow.observe({{{4, 100, 100}}});
    CHECK(grow.reached() == 4);
    CHECK(grow.hardest() == 4);
}

TEST_CASE("growing practises its level and reviews the earlier ones in the asked share") {
    GrowWhenMastered grow{{.start = 1, .limit = 5, .mastery = 0.5, .review = 0.4}};
    grow.observe({{{1, 1, 1}}});
    const auto seen = drawn(grow);
    CHECK(seen.at(1) == doctest::Approx(2'000).epsilon(0.1));
    CHECK(seen.at(2) == doctest::Approx(8'000).epsilon(0.05));
}

TEST_CASE("senseless curricula are refused") {
    CHECK_THROWS_WITH_AS((Uniform{5, 4}),
                         "Uniform: range; got 5 to 4, wanted 1 <= from <= to, of one axis or of two", Error);
    CHECK_THROWS_AS((Uniform{0, 4}), Error);
    CHECK_THROWS_AS((GrowWhenMastered{{.start = 3, .limit = 2}}), Error);
    CHECK_THROWS_AS((GrowWhenMastered{{.mastery = 1.5}}), Error);
}

// The rule of the paper's code: keep iff length > longest of the batch - threshold.
TEST_CASE("the length filter keeps what is longer than the longest less its margin") {
    const std::vector<Candidate> some{candidate(9), candidate(10), candidate(8), candidate(10)};
    CHECK(LengthFilter{.margin = 1}(some) == std::vector<bool>{false, true, false, true});
    CHECK(LengthFilter{.margin = 2}(some) == std::vector<bool>{true, true, false, true});
}

TEST_CASE("an answer that was cut off neither passes the length filter nor sets its bar") {
    CHECK(LengthFilter{}({candidate(10), candidate(12, false)}) == std::vector<bool>{true, false});
}

TEST_CASE("each batch of the length filter has its own bar") {
    const std::vector<Candidate> some{candidate(5), candidate(4), candidate(9), candidate(9)};
    CHECK(LengthFilter{.margin = 1, .batch = 2}(some) == std::vector<bool>{true, false, true, true});
    CHECK(LengthFilter{.margin = 1, .batch = 4}(some) == std::vector<bool>{false, false, true, true});
    CHECK_THROWS_AS((LengthFilter{.margin = 0}(some)), Error);
}

TEST_CASE("no filter keeps everything") {
    CHECK(NoFilter{}({candidate(1), candidate(2, false)}) == std::vector<bool>{true, true});
}

TEST_CASE("the confidence filter keeps what the model is at least that sure of") {
    std::vector<Candidate> some{candidate(3), candidate(3), candidate(3)};
    some[0].confidence = 0.95, some[1].confidence = 0.9, some[2].confidence = 0.89;
    CHECK(ConfidenceFilter{.least = 0.9}(some) == std::vector<bool>{true, true, false});
    CHECK(ConfidenceFilter{.least = 0}(some) == std::vector<bool>{true, true, true});
    CHECK_THROWS_AS(ConfidenceFilter{.least = 1.1}(some), Error);
}

TEST_CASE("of two joined filters the second sees what the first one kept, and both must agree") {
    std::vector<Candidate> some{candidate(9, false), candidate(5), candidate(5), candidate(4)};
    some[2].confidence = 0.1;
    CHECK((LengthFilter{} | ConfidenceFilter{})(some) == std::vector<bool>{false, true, false, false});
    some[1].confidence = 0.1, some[3].confidence = 1;
    CHECK((LengthFilter{} | ConfidenceFilter{})(some) == std::vector<bool>{false, false, false, false});
    CHECK((ConfidenceFilter{} | LengthFilter{})(some) == std::vector<bool>{false, false, false, true});
    CHECK((LengthFilter{} | ConfidenceFilter{})({}).empty());
}

TEST_CASE("uniform draws both axes, each for itself") {
    const Uniform              box{{1, 2}, {2, 4}};
    Rng                        rng(1, Purpose::user);
    std::map<std::string, int> seen;
    for (int i = 0; i < 12'000; ++i) ++seen[box.difficulty(rng).text()];
    CHECK(seen.size() == 6);
    for (auto const& [difficulty, count] : seen) CHECK(count == doctest::Approx(2'000).epsilon(0.08));
    CHECK(box.hardest() == Difficulty{2, 4});
    CHECK_THROWS_AS((Uniform{1, {2, 2}}), Error);
    CHECK_THROWS_AS((Uniform{{1, 3}, {2, 2}}), Error);
}

TEST_CASE("a curriculum may look at the step of training, and is held to its promise") {
    struct Later {
        int  difficulty(Rng&, int step) const { return 1 + step / 10; }
        void observe(Report const&) {}
        int  hardest() const { return 3; }
    };
    Rng rng(1, Purpose::user);
    CHECK(draw_difficulty(Later{}, rng, 9) == 1);
    CHECK(draw_difficulty(Later{}, rng, 20) == 3);
    CHECK_THROWS_WITH_AS(draw_difficulty(Later{}, rng, 30),
                         "Curriculum: difficulty; got 4, wanted at most 3, what its `hardest` promises",
                         Error);
    CHECK_THROWS_WITH_AS(draw_difficulty(Later{}, rng, -10),
                         "Curriculum: difficulty; got 0, wanted at least 1", Error);
    CHECK_THROWS_WITH_AS(draw_difficulty(Later{}, rng, -20),
                         "Curriculum: difficulty; got -1, wanted at least 1", Error);
}

TEST_CASE("a difficulty is an int again where there is one number, and says so where there are two") {
    const Difficulty one = 7, two{5, 6};
    CHECK(one + 1 == 8);
    CHECK(one == 7);
    CHECK(two != 5);
    CHECK(Difficulty{2, 9} < Difficulty{3, 1});
    CHECK_FALSE(Difficulty{2, 9}.within({3, 1}));
    CHECK_THROWS_WITH_AS(std::to_string(two),
                         "Difficulty: as one number; got 5x6, which are two (say .first or .second)", Error);
}
