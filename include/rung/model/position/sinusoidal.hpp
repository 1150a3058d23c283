#pragma once
// Sines and cosines of a place at wavelengths from 2 pi to 2 pi theta, added to the token's embedding (Vaswani et al.,
// 2017): no weights, and no longest place. There embeddings spread by about one, as the waves do; ours are made as
// small as the style's initial embeddings are.

#include "rung/model/position/position.hpp"

namespace rung {

template <int Theta = 10'000>
struct Sinusoidal {
    static_assert(Theta > 1, "Sinusoidal: theta must be at least 2 (10000 is usual)");
    static constexpr Site   site  = Site::sinusoids;
    static constexpr double theta = Theta;
};

}  // namespace rung
