#pragma once
// Practise one difficulty, review earlier ones, move up when a test says it is mastered.

#include "rung/curriculum/curriculum.hpp"

namespace rung {

struct GrowOptions {
    int    start   = 1;
    int    limit   = 20;    ///< hardest difficulty, in the end
    double mastery = 0.95;  ///< exact match that counts as mastered
    double review  = 0.2;   ///< share of examples drawn from start .. level, the current one among them
};

class GrowWhenMastered {
public:
    static constexpr bool needs_tests =
        true;  ///< TrainOptions::test_every must be set, or it would never grow

    explicit GrowWhenMastered(GrowOptions options) : options_(options), level_(options.start) {
        RUNG_CHECK(options.start >= 1 && options.start <= options.limit,
                   "GrowWhenMastered: start and limit; got ", options.start, " and ", options.limit,
                   ", wanted 1 <= start <= limit");
        RUNG_CHECK(options.mastery > 0 && options.mastery <= 1 && options.review >= 0 && options.review <= 1,
                   "GrowWhenMastered: mastery and review; got ", options.mastery, " and ", options.review,
                   ", wanted shares between 0 and 1");
    }

    int difficulty(Rng& rng) const {
        return rng.chance(options_.review) ? rng.between(options_.start, level_) : level_;
    }

    /// Moves up one level when the report holds a score for the present one that reaches mastery.
    void observe(Report const& report) {
        const Score score = report.at(level_);
        if (score.count > 0 && score.exact_match() >= options_.mastery && level_ < options_.limit) ++level_;
    }
    int level() const { return level_; }
    int hardest() const { return options_.limit; }

private:
    GrowOptions options_;
    int         level_;
};

}  // namespace rung
