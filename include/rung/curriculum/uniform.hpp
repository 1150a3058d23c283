#pragma once
// Every difficulty in a range, equally often.

#include "rung/curriculum/curriculum.hpp"

namespace rung {

class Uniform {
public:
    /// Both ends included: 1 to 10, or of two axes {1, 1} to {5, 9}, each number for itself.
    Uniform(Difficulty from, Difficulty to) : from_(from), to_(to) {
        RUNG_CHECK(from.first >= 1 && from.within(to) && (from.second >= 1) == (to.second >= 1),
                   "Uniform: range; got ", from.text(), " to ", to.text(),
                   ", wanted 1 <= from <= to, of one axis or of two");
    }
    Difficulty difficulty(Rng& rng) const {
        const int first = rng.between(from_.first, to_.first);
        return to_.second == 0 ? Difficulty(first) : Difficulty(first, rng.between(from_.second, to_.second));
    }
    void       observe(Report const&) const {}
    Difficulty hardest() const { return to_; }

private:
    Difficulty from_, to_;
};

}  // namespace rung
