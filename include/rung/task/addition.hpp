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

/// The same sum asked the other way round, for reworded(): "12+345=" is "345+12=". Throws on a prompt of another form.
inline std::string swapped_sum(std::string const& prompt, int = 1) {
    const auto plus = prompt.find('+');
    RUNG_CHECK(plus != std::string::npos && prompt.ends_with('='), "swapped_sum: prompt; got '", prompt,
               "', wanted the like of 12+345=");
    return prompt.substr(plus + 1, prompt.size() - plus - 2) + "+" + prompt.substr(0, plus) + "=";
}

}  // namespace rung
