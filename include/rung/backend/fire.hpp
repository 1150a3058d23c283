#pragma once
// What the operations for FIRE (Li et al., "Functional interpolation for relative positions", ICLR 2024) read, and the
// one number of a pair of places that its network sees.

#include <cmath>

#include "rung/core/mask.hpp"

namespace rung {

/// b(p, q) = relu(x in + in_bias) out of a number x that two more weights scale. W is the hidden width. (The authors'
/// code adds a bias to what comes out: the same for every score of a query, and softmax does not see it.) Weights, or
/// their gradients.
template <class T>
struct FireNet {
    Mat<T> scales;       ///< (1, 2): of the rate c and of the threshold L
    Mat<T> in, in_bias;  ///< (1, W)
    Mat<T> out;          ///< (W, H)
};

/// What the scales multiply.
struct FireUnits {
    float rate = 0.1f, threshold = 512;
};

/// x = log(|c (p - q)| + 1) / (log(|c max(p, L)| + 1) + 1e-6), and how it changes with either scale.
template <class Real>
struct FireInput {
    Real x, by_rate, by_threshold;

    RUNG_HD FireInput(Real const* scales, FireUnits units, Index p, Index q) {
        const Real c = scales[0] * Real(units.rate), L = scales[1] * Real(units.threshold);
        const Real d = Real(p > q ? p - q : q - p), rate = std::abs(c), sign = c < 0 ? Real(-1) : Real(1);
        const bool early = Real(p) < std::abs(L);
        const Real most = early ? std::abs(L) : Real(p), below = std::log1p(rate * most) + Real(1e-6);
        x            = std::log1p(rate * d) / below;
        by_rate      = sign * (d / (1 + rate * d) - x * most / (1 + rate * most)) / below * Real(units.rate);
        by_threshold = early ? -x * (L < 0 ? Real(-1) : Real(1)) * rate / (1 + rate * most) / below *
                                   Real(units.threshold)
                             : Real(0);
    }
};

}  // namespace rung
