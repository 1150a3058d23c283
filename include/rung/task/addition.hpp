#pragma once
// Addition of two numbers, in the formats of "Teaching arithmetic to small transformers" (Lee et al., ICLR
// 2024) and "Self-improving transformers" (Lee et al., ICML 2025). How a sum is written is a type; difficulty
// is digits.

#include "rung/task/arithmetic.hpp"

namespace rung {

template <class Format>
using AdditionIn    = ArithmeticIn<Plus, Format>;
using Addition      = AdditionIn<Reversed>;
using PlainAddition = AdditionIn<Plain>;

}  // namespace rung
