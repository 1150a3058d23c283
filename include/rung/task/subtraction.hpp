#pragma once
// Subtraction of two numbers, whose difference may be below zero: "128-367=" -> "-239" ("Teaching arithmetic to small
// transformers", Lee et al., ICLR 2024). Difficulty is digits.

#include "rung/task/arithmetic.hpp"

namespace rung {

template <class Format>
using SubtractionIn = ArithmeticIn<Minus, Format>;
using Subtraction   = SubtractionIn<Plain>;

}  // namespace rung
