#pragma once
// Products as they are asked of a GPU: sizes, strides, and what happens to a result before it is stored.

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "rung/core/scalar.hpp"

namespace rung::cuda {

enum class Number { f32, bf16 };

template <class T>
constexpr Number number_of() {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, bf16>);
    return std::is_same_v<T, float> ? Number::f32 : Number::bf16;
}

/// What happens to a product before it is stored.
enum class Epilogue {
    none,
    bias,           ///< y + bias
    gelu,           ///< gelu(y), the input of gelu kept beside it where asked for
    gelu_bias,      ///< gelu(y + bias), the same
    gelu_backward,  ///< dy gelu'(what was kept)
};

/// One product, as a plan knows it. Everything that its speed may depend on.
struct ProductShape {
    int      rows, cols, depth;         ///< of the row-major result, and of the sum
    bool     left_transposed  = false;  ///< the left factor is stored as (depth, rows)
    bool     right_transposed = false;  ///< the right one as (cols, depth)
    int      left_stride, right_stride, result_stride, kept_stride = 0;
    Number   factors, result;
    Epilogue epilogue = Epilogue::none;
    bool     adds     = false;  ///< result = addend + product, where the addend may be the result

    auto tie() const {
        return std::tie(rows, cols, depth, left_transposed, right_transposed, left_stride, right_stride,
                        result_stride, kept_stride, factors, result, epilogue, adds);
    }
    bool operator<(ProductShape const& other) const { return tie() < other.tie(); }

    /// From the first number of the result to the end of the last.
    std::size_t result_bytes() const {
        return (std::size_t(rows - 1) * std::size_t(result_stride) + std::size_t(cols)) *
               (result == Number::f32 ? 4 : 2);
    }
};

/// The largest power of two that divides an address, at most 16: no kernel asks for more, and what more there is would
/// only make another plan for the same product.
inline int alignment(void const* at) {
    const auto bits = reinterpret_cast<std::uintptr_t>(at) | 16;
    return int(bits & (~bits + 1));
}

/// Addresses of one call.
struct ProductPointers {
    void const *left = nullptr, *right = nullptr;
    void*       result = nullptr;
    void const *addend = nullptr, *bias = nullptr;
    void*       kept = nullptr;
};

/// Which of cuBLASLt's algorithms a product takes. The fastest is found by a stopwatch, so the order of sums, and with
/// it the last bits of results, may differ from one run to the next; the library's first choice is always the same.
enum class Choice { first, fastest };

}  // namespace rung::cuda
