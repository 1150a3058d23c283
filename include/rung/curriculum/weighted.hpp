#pragma once
// Any weights over difficulties, and how one of several things is drawn by its weight.

#include <cmath>
#include <functional>
#include <vector>

#include "rung/curriculum/curriculum.hpp"
#include "rung/data/pick.hpp"

namespace rung {

namespace detail {

/// All difficulties from one to another, both ends included, the second axis faster.
inline std::vector<Difficulty> box(std::string_view where, Difficulty from, Difficulty to) {
    RUNG_CHECK(from.first >= 1 && from.within(to) && (from.second >= 1) == (to.second >= 1), where,
               ": range; got ", from.text(), " to ", to.text(),
               ", wanted 1 <= from <= to, of one axis or of two");
    std::vector<Difficulty> all;
    for (int first = from.first; first <= to.first; ++first)
        for (int second = from.second; second <= to.second; ++second) all.emplace_back(first, second);
    return all;
}

}  // namespace detail

/// Difficulties as often as their weights say: Weighted{{{1, 0.5}, {2, 0.25}, {8, 0.25}}}.
class Weighted {
public:
    struct Share {
        Difficulty difficulty;
        double     weight = 1;
    };
    explicit Weighted(std::vector<Share> shares) : shares_(std::move(shares)) {
        std::vector<double> weights;
        for (auto const& [difficulty, weight] : shares_) {
            RUNG_CHECK(difficulty.first >= 1 && difficulty.second >= 0 &&
                           (difficulty.second == 0) == (shares_.front().difficulty.second == 0),
                       "Weighted: difficulty; got ", difficulty.text(),
                       ", wanted at least 1, and all of one axis or all of two");
            weights.push_back(weight);
            if (weight > 0)
                hardest_ = {std::max(hardest_.first, difficulty.first),
                            std::max(hardest_.second, difficulty.second)};
        }
        sums_ = detail::sums_of("Weighted", weights);
    }
    /// Every difficulty equally often: as Uniform, where a Weighted is wanted.
    static Weighted uniform(Difficulty from, Difficulty to) {
        return by(from, to, [](Difficulty) { return 1.0; });
    }
    /// The weight of difficulty d is ratio^(d - from): with a ratio of 2 each difficulty comes twice as often as the
    /// one before it. Of two axes, their sum counts.
    static Weighted exponential(Difficulty from, Difficulty to, double ratio) {
        RUNG_CHECK(ratio > 0 && std::isfinite(ratio), "Weighted: ratio; got ", ratio, ", wanted more than 0");
        return by(from, to, [&](Difficulty d) {
            return std::pow(ratio, double(d.first - from.first + d.second - from.second));
        });
    }
    /// The weight of difficulty d is ratio^-(d - from): with a ratio of 2 each difficulty comes half as often as the
    /// one before it.
    static Weighted reverse_exponential(Difficulty from, Difficulty to, double ratio) {
        RUNG_CHECK(ratio > 0 && std::isfinite(ratio), "Weighted: ratio; got ", ratio, ", wanted more than 0");
        return exponential(from, to, 1 / ratio);
    }
    /// Weights by a function.
    static Weighted by(Difficulty from, Difficulty to, std::function<double(Difficulty)> const& weight) {
        std::vector<Share> shares;
        for (const Difficulty d : detail::box("Weighted", from, to)) shares.push_back({d, weight(d)});
        return Weighted(std::move(shares));
    }

    Difficulty difficulty(Rng& rng) const { return shares_[detail::pick(rng, sums_)].difficulty; }
    void       observe(Report const&) const {}
    Difficulty hardest() const { return hardest_; }

private:
    std::vector<Share>  shares_;
    std::vector<double> sums_;
    Difficulty          hardest_;
};

}  // namespace rung
