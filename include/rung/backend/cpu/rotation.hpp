#pragma once
// Sines and cosines of rotary positions, computed once per position and thread.

#include <cmath>
#include <vector>

#include "rung/backend/cpu/isa.hpp"
#include "rung/core/view.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// cos and sin of position * theta^(-2 c / D) for c < D / 2, in double precision and rounded once.
template <class Real>
class RotationTable {
public:
    /// Row `position`: D / 2 cosines, then D / 2 sines. Valid until the next call.
    Real const* row(int position, Index D, double theta) {
        if (D != head_ || theta != theta_) head_ = D, theta_ = theta, known_ = 0, rows_.clear();
        for (; known_ <= position; ++known_) {
            rows_.resize(std::size_t((known_ + 1) * D));
            for (Index c = 0; c < D / 2; ++c) {
                const double angle = double(known_) * std::pow(theta, -2.0 * double(c) / double(D));
                rows_[std::size_t(known_ * D + c)]         = Real(std::cos(angle));
                rows_[std::size_t(known_ * D + D / 2 + c)] = Real(std::sin(angle));
            }
        }
        return rows_.data() + position * D;
    }

private:
    std::vector<Real> rows_;
    Index             head_ = 0, known_ = 0;
    double            theta_ = 0;
};

}  // namespace rung::cpu::inline RUNG_ISA
