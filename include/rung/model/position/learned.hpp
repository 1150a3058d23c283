#pragma once
// Learned absolute positions: one vector per place up to the context, as in GPT-2.

#include "rung/model/position/position.hpp"

namespace rung {

struct Learned {
    static constexpr Site site = Site::embedding;
};

}  // namespace rung
