#pragma once
// T5's relative positions (Raffel et al., JMLR 2020): a learned bias per head and bucket of distances, the near ones
// apart, the far ones together. Unlike T5, scores are scaled by 1 / sqrt(D) before it is added.

#include <algorithm>
#include <cmath>

#include "rung/model/position/position.hpp"

namespace rung {

/// @tparam Buckets       half of them for keys after the query where attention is not causal
/// @tparam MostDistance  from here on all distances share the last bucket
template <int Buckets = 32, int MostDistance = 128>
struct T5 {
    static_assert(Buckets >= 4 && Buckets % 4 == 0,
                  "T5: the number of buckets must be a multiple of 4 (32 is usual)");
    static_assert(
        MostDistance > Buckets / 2,
        "T5: the distance of the last bucket must be more than half the number of buckets (128 is usual)");
    static constexpr Site site     = Site::score;
    static constexpr int  features = Buckets;

    static double feature(int f, int distance, Mask mask) { return f == bucket(distance, mask); }

    /// In single precision, as T5 does it: where a logarithm is next to a whole number it decides.
    static int bucket(int distance, Mask mask) {
        const bool both  = mask == Mask::none;
        const int  count = both ? Buckets / 2 : Buckets, exact = count / 2,
                  first = both && distance < 0 ? count : 0;
        const int far   = both ? std::abs(distance) : std::max(distance, 0);
        if (far < exact) return first + far;
        const float share =
            std::log(float(far) / float(exact)) / float(std::log(double(MostDistance) / exact));
        return first + std::min(exact + int(share * float(count - exact)), count - 1);
    }
};

}  // namespace rung
