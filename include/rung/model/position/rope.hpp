#pragma once
// Rotary positions (Su et al., 2021), halves paired as in Llama. Integers keep the type printable.

#include "rung/model/position/position.hpp"

namespace rung {

/// @tparam Percent  of each head's channels that turn, the first ones, as in GPT-NeoX (25) and Phi (40 or 50)
/// @tparam Stretch  positions are divided by it: places between those of training (Chen et al., 2023)
/// @tparam Ntk      longest wavelengths are stretched by it, shortest ones hardly ("NTK-aware", bloc97, 2023)
template <int Theta = 10'000, int Percent = 100, int Stretch = 1, int Ntk = 1>
struct Rope {
    static_assert(Theta > 1, "Rope: theta must be at least 2 (10000 is usual)");
    static_assert(Percent > 0 && Percent <= 100,
                  "Rope: the second number is the percentage of channels that turn, 1 to 100 (100 is usual)");
    static_assert(Stretch > 0 && Ntk > 0,
                  "Rope: positions are stretched by whole numbers of at least 1 (1 is usual)");
    static constexpr Site   site    = Site::query_key;
    static constexpr double theta   = Theta;
    static constexpr int    percent = Percent, stretch = Stretch, ntk = Ntk;
};

}  // namespace rung
