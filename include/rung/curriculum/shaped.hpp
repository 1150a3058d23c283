#pragma once
// Weights of difficulties that change with every step of training, by a function.

#include "rung/curriculum/weighted.hpp"

namespace rung {

/// The weight of a difficulty at a step, from 0; at least 0, and above 0 for one difficulty at each step.
template <class W>
concept WeighsDifficulties = requires(W const weight, Difficulty difficulty, int step) {
    { weight(difficulty, step) } -> std::convertible_to<double>;
};

/// A bell that moves up, and stays at the top:
/// Shaped{1, 20, [](int d, int step) { return std::exp(-0.5 * std::pow(d - std::min(step / 100.0, 20.0), 2)); }}.
template <class Weight>
class Shaped {
public:
    Shaped(Difficulty from, Difficulty to, Weight weight)
        : difficulties_(detail::box("Shaped", from, to)), weight_(std::move(weight)), hardest_(to) {
        static_assert(
            WeighsDifficulties<Weight>,
            "Shaped: the weight must be callable as `double weight(rung::Difficulty, int step) const` "
            "(an int will do where there is one axis)");
    }

    Difficulty difficulty(Rng& rng, int step) const {
        std::vector<double> weights;
        for (const Difficulty difficulty : difficulties_) weights.push_back(weight_(difficulty, step));
        return difficulties_[detail::pick(rng, detail::sums_of("Shaped", weights))];
    }
    void       observe(Report const&) const {}
    Difficulty hardest() const { return hardest_; }

private:
    std::vector<Difficulty> difficulties_;
    Weight                  weight_;
    Difficulty              hardest_;
};

}  // namespace rung
