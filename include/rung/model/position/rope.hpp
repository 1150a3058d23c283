#pragma once
// Rotary positions (Su et al., 2021), halves paired as in Llama. An integer base keeps the type printable.

#include "rung/model/position/position.hpp"

namespace rung {

template <int Theta = 10'000>
struct Rope {
    static_assert(Theta > 1, "Rope: theta must be at least 2 (10000 is usual)");
    static constexpr Site   site  = Site::query_key;
    static constexpr double theta = Theta;
};

}  // namespace rung
