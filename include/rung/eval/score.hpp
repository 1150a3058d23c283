#pragma once
// Exact match by difficulty: counts, a 95 % interval, and a table that prints itself.

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <vector>

#include "rung/task/difficulty.hpp"

namespace rung {

struct Interval {
    double low = 0, high = 1;
};

/// How many of `count` problems of one difficulty were answered exactly.
struct Score {
    Difficulty difficulty = 0;
    int        correct = 0, count = 0;
    /// Mean of those after which a rule stopped the loop, or of all that it was allowed where it did not; 0: no rule
    /// was asked.
    double passes = 0;

    void archive(auto& all) { all(difficulty, correct, count, passes); }

    double exact_match() const { return count == 0 ? 0.0 : double(correct) / count; }

    /// 95 % interval of the true rate (Wilson, 1927): honest near 0 and 1, where the normal one is not.
    Interval interval() const {
        if (count == 0) return {};
        constexpr double z = 1.959963984540054;
        const double     n = count, p = exact_match(), centre = (p + z * z / (2 * n)) / (1 + z * z / n),
                     half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
        return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
    }
};

/// Scores in order of difficulty.
struct Report {
    std::vector<Score> scores;

    void archive(auto& all) { all(scores); }

    /// Counts these problems among its own: those of another model at the same difficulties.
    [[gnu::cold, gnu::noinline]] void add(Report const& more) {
        const bool first = scores.empty();
        for (auto const& score : more.scores) {
            std::size_t at = first ? scores.size() : 0;
            while (at < scores.size() && scores[at].difficulty != score.difficulty) ++at;
            if (at == scores.size()) {
                scores.push_back(score);
                continue;
            }
            Score& same = scores[at];
            same.passes =
                (same.passes * same.count + score.passes * score.count) / (same.count + score.count);
            same.correct += score.correct, same.count += score.count;
        }
    }
    /// The score at one difficulty; empty (count 0) when it was not asked for.
    Score at(Difficulty difficulty) const {
        for (auto const& score : scores)
            if (score.difficulty == difficulty) return score;
        return {.difficulty = difficulty};
    }
    /// How far it reaches: the frontier where difficulties have one axis; where they have two, how many reach the bar.
    double reach(double bar = 0.99) const {
        const auto solved = [&](Score const& score) { return score.exact_match() >= bar; };
        const bool two    = std::any_of(scores.begin(), scores.end(),
                                        [](Score const& score) { return score.difficulty.second != 0; });
        if (!two) return frontier(bar).first;
        return double(std::count_if(scores.begin(), scores.end(), solved));
    }
    /// Largest difficulty up to which every one asked for, in their order, reaches `bar`; 0 when the first does not.
    Difficulty frontier(double bar = 0.99) const {
        Difficulty reached;
        for (auto const& score : scores) {
            if (score.exact_match() < bar) break;
            reached = score.difficulty;
        }
        return reached;
    }
};

inline std::ostream& operator<<(std::ostream& out, Report const& report) {
    const auto flags   = out.flags();
    const auto digits  = out.precision();
    bool       by_rule = false;
    for (auto const& score : report.scores) by_rule = by_rule || score.passes > 0;
    out << "difficulty  exact match  95 % interval     correct" << (by_rule ? "      passes\n" : "\n")
        << std::fixed;
    for (auto const& score : report.scores) {
        const auto [low, high] = score.interval();
        out << std::setprecision(3) << std::setw(10) << score.difficulty.text() << std::setw(13)
            << score.exact_match() << "  [" << low << ", " << high << "]  " << std::setw(6) << score.correct
            << " / " << score.count;
        if (by_rule) out << std::setprecision(2) << std::setw(12) << score.passes;
        out << '\n';
    }
    out.flags(flags);
    out.precision(digits);
    return out;
}

}  // namespace rung
