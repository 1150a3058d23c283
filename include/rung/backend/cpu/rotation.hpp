#pragma once
// Sines and cosines of rotary positions, computed once per position and thread.

#include <vector>

#include "rung/backend/cpu/isa.hpp"
#include "rung/backend/rotation.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Cosines and sines of a rotation's angles, in double precision and rounded once.
template <class Real>
class RotationTable {
public:
    /// Row `position`: R / 2 cosines, then R / 2 sines, with R the channels that turn. Valid until the next call.
    Real const* row(int position, Rotation const& rotation) {
        const Index R = rotation.channels;
        if (!(rotation == rotation_)) rotation_ = rotation, known_ = 0, rows_.clear();
        for (; known_ <= position; ++known_) {
            rows_.resize(std::size_t((known_ + 1) * R));
            for (Index c = 0; c < R / 2; ++c) {
                const double angle                         = rotation.angle(known_, c);
                rows_[std::size_t(known_ * R + c)]         = Real(std::cos(angle));
                rows_[std::size_t(known_ * R + R / 2 + c)] = Real(std::sin(angle));
            }
        }
        return rows_.data() + position * R;
    }

private:
    std::vector<Real> rows_;
    Index             known_ = 0;
    Rotation          rotation_;
};

}  // namespace rung::cpu::inline RUNG_ISA
