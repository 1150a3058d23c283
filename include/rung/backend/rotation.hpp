#pragma once
// How far channels turn with a token's place (Su et al., "RoFormer", 2021), and how that is stretched for sequences
// longer than those of training.

#include <cmath>

#include "rung/core/view.hpp"

namespace rung {

/// Channels c and c + R / 2 of the first R turn by position / stretch * base^(-2 c / R).
struct Rotation {
    double theta    = 10'000;
    int    channels = 0;  ///< R, even, of each head; 0: all of them
    double stretch =
        1;  ///< of positions (Chen et al., "Extending context window ... by positional interpolation", 2023)
    double ntk =
        1;  ///< of the longest wavelength alone, base = theta ntk^(R / (R - 2)) ("NTK-aware", bloc97, 2023)

    double angle(Index position, Index c) const {
        const double R = double(channels), base = theta * std::pow(ntk, R / (R - 2));
        return double(position) / stretch * std::pow(base, -2.0 * double(c) / R);
    }
    /// Of heads of D channels.
    Rotation of(Index D) const {
        Rotation all = *this;
        if (channels == 0) all.channels = int(D);
        return all;
    }
    bool operator==(Rotation const&) const = default;
};

}  // namespace rung
