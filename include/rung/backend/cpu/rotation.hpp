#pragma once
// Sines and cosines of rotary positions, computed once per position and thread.

#include <algorithm>
#include <cmath>

#include "rung/backend/cpu/isa.hpp"
#include "rung/backend/rotation.hpp"
#include "rung/core/buffer.hpp"

namespace rung::cpu::inline RUNG_ISA {

/// Cosines and sines of a rotation's angles, in double precision and rounded once.
template <class Real>
class RotationTable {
public:
    /// Row `position`: R / 2 cosines, then R / 2 sines, with R the channels that turn. Valid until the next call.
    Real const* row(int position, Rotation const& rotation) {
        const Index R = rotation.channels;
        if (!(rotation == rotation_)) rotation_ = rotation, known_ = 0;
        const Index size = (position + 1) * R;
        if (rows_.size() < size) {
            Buffer<Real> more(std::max(size, 2 * rows_.size()));
            std::copy_n(rows_.begin(), known_ * R, more.begin());
            rows_ = std::move(more);
        }
        for (; known_ <= position; ++known_)
            for (Index c = 0; c < R / 2; ++c) {
                const double angle            = rotation.angle(known_, c);
                rows_[known_ * R + c]         = Real(std::cos(angle));
                rows_[known_ * R + R / 2 + c] = Real(std::sin(angle));
            }
        return rows_.cdata() + position * R;
    }

private:
    Buffer<Real> rows_;
    Index        known_ = 0;  // positions that rows_ holds
    Rotation     rotation_;
};

}  // namespace rung::cpu::inline RUNG_ISA
