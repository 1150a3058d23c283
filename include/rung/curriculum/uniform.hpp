#pragma once
// Every difficulty in a range, equally often.

#include "rung/curriculum/curriculum.hpp"

namespace rung {

class Uniform {
public:
    /// Both ends included.
    Uniform(int from, int to) : from_(from), to_(to) {
        RUNG_CHECK(from >= 1 && from <= to, "Uniform: range; got ", from, " to ", to,
                   ", wanted 1 <= from <= to");
    }
    int  difficulty(Rng& rng) const { return rng.between(from_, to_); }
    void observe(Report const&) const {}
    int  hardest() const { return to_; }

private:
    int from_, to_;
};

}  // namespace rung
