#pragma once
// A tensor's numbers in single precision, whatever floating-point type the file has them in.

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

#include "rung/io/tensor.hpp"

namespace rung {

/// IEEE's half precision, exactly.
inline float from_half(std::uint16_t bits) {
    const int   exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float size = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                       : exponent == 0 ? std::ldexp(float(fraction), -24)
                                       : std::ldexp(float(fraction + 1024), exponent - 25);
    return bits >> 15 ? -size : size;
}

/// Nothing, where they are not F64, F32, BF16 or F16.
[[gnu::cold, gnu::noinline]] inline std::optional<std::vector<float>> numbers_of(Tensor const& tensor) {
    const auto read = [&]<class Stored>(Stored, auto&& widened) {
        std::vector<float> numbers(tensor.bytes.size() / sizeof(Stored));
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            Stored stored;  // copied, because a file's tensors need not be aligned
            std::memcpy(&stored, tensor.bytes.data() + i * sizeof stored, sizeof stored);
            numbers[i] = widened(stored);
        }
        return numbers;
    };
    const std::string_view type = tensor.dtype->name;
    if (type == "F32") return read(float{}, [](float x) { return x; });
    if (type == "F64")
        return read(double{}, [](double x) {
            using Limits =
                std::numeric_limits<float>;  // beyond which the language does not say what becomes of it
            if (std::abs(x) > double(Limits::max()) && !std::isnan(x))
                return x > 0 ? Limits::infinity() : -Limits::infinity();
            return float(x);
        });
    if (type == "F16") return read(std::uint16_t{}, from_half);
    if (type == "BF16")
        return read(std::uint16_t{},
                    [](std::uint16_t x) { return std::bit_cast<float>(std::uint32_t{x} << 16); });
    return std::nullopt;
}

}  // namespace rung
