#pragma once
// Practise one difficulty, review earlier ones, move up when a test says it is mastered.

#include <charconv>

#include "rung/curriculum/curriculum.hpp"

namespace rung {

struct GrowOptions {
    int    start   = 1;
    int    limit   = 20;    ///< hardest difficulty, in the end
    double mastery = 0.95;  ///< exact match that counts as mastered
    double review  = 0.2;   ///< share of examples drawn from start .. level, the current one among them
    int    tests   = 1;     ///< in a row that must show mastery
};

class GrowWhenMastered {
public:
    static constexpr bool needs_tests =
        true;  ///< TrainOptions::test_every must be set, or it would never grow

    explicit GrowWhenMastered(GrowOptions options) : options_(options), level_(options.start) {
        RUNG_CHECK(options.start >= 1 && options.start <= options.limit,
                   "GrowWhenMastered: start and limit; got ", options.start, " and ", options.limit,
                   ", wanted 1 <= start <= limit");
        check_number(options.mastery > 0 && options.mastery <= 1, "GrowWhenMastered: mastery",
                     options.mastery, "above 0, at most 1");
        check_number(options.review >= 0 && options.review <= 1, "GrowWhenMastered: review", options.review,
                     "0 to 1");
        check_number(options.tests >= 1, "GrowWhenMastered: tests", options.tests, "at least 1");
    }

    int difficulty(Rng& rng) const {
        return rng.chance(options_.review) ? rng.between(options_.start, level_) : level_;
    }

    /// Moves up one level when the report, the last of `tests` such, holds a score for the present one that reaches
    /// mastery.
    void observe(Report const& report) {
        const Score score = report.at(level_);
        if (score.count == 0) return;
        mastered_ = score.exact_match() >= options_.mastery ? mastered_ + 1 : 0;
        if (mastered_ >= options_.tests && level_ < options_.limit) ++level_, mastered_ = 0;
    }
    /// "7 1": the level, and tests in a row that it was mastered in.
    std::string state() const { return std::to_string(level_) + " " + std::to_string(mastered_); }
    void        restore(std::string_view state) {
               int        level = 0, mastered = -1;
               const auto end    = state.data() + state.size();
               const auto middle = std::from_chars(state.data(), end, level).ptr;
               const bool spaced = middle != end && *middle == ' ';
               const bool whole  = spaced && std::from_chars(middle + 1, end, mastered).ptr == end;
               RUNG_CHECK(whole && level >= options_.start && level <= options_.limit && mastered >= 0,
                          "GrowWhenMastered: state; got '", state, "', wanted a level of ", options_.start, " to ",
                          options_.limit, ", a space and a number of tests");
               level_ = level, mastered_ = mastered;
    }
    int reached() const { return level_; }
    int hardest() const { return options_.limit; }

private:
    GrowOptions options_;
    int         level_;
    int         mastered_ = 0;  // tests in a row that showed it
};

}  // namespace rung
