#pragma once
// Attention with linear biases (Press et al., ICLR 2022): a key counts the less the farther it is, at a rate fixed per
// head. Nothing is learned.

#include <bit>
#include <cmath>

#include "rung/model/position/position.hpp"

namespace rung {

struct Alibi {
    static constexpr Site site = Site::score;

    static double bias(int head, int heads, int distance) { return -slope(head, heads) * std::abs(distance); }

    /// 2^(-8 (head + 1) / heads); of a number of heads that is no power of two, the powers below it, then every other
    /// slope of the next one, as in the authors' code.
    static double slope(int head, int heads) {
        const int power = int(std::bit_floor(unsigned(heads)));
        if (head >= power) return slope(2 * (head - power), 2 * power);
        return std::exp2(-8.0 * (head + 1) / power);
    }
};

}  // namespace rung
