#pragma once
// A named array of numbers as a file holds it, in C order and little-endian, and the types that its numbers may have.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"

namespace rung {

static_assert(std::endian::native == std::endian::little,
              "Tensor: this machine is big-endian, and files would not travel");

/// A type of numbers by its name in files.
struct Dtype {
    std::string_view name;
    int              bits;
};

/// Every type of the format, in the reference implementation's order: by width, the widest last.
inline constexpr Dtype dtypes[] = {
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
};

/// The type of that name, or null.
[[gnu::cold, gnu::noinline]] inline Dtype const* dtype_of(std::string_view name) {
    for (Dtype const& dtype : dtypes)
        if (dtype.name == name) return &dtype;
    return nullptr;
}

using Dimensions = std::vector<std::uint64_t>;

/// "[2, 3]"
[[gnu::cold, gnu::noinline]] inline std::string shown(Dimensions const& shape) {
    std::string out = "[";
    for (const std::uint64_t dimension : shape)
        out.append(out.size() > 1 ? ", " : "").append(std::to_string(dimension));
    return out.append("]");
}

/// Bytes of as many numbers. Throws where they are more than 64 bits can count, or no whole number of bytes.
[[gnu::cold, gnu::noinline]] inline std::uint64_t bytes_of(std::string_view name, Dtype const& dtype,
                                                           Dimensions const& shape) {
    std::uint64_t bits = 1;
    bool          fits = true;
    for (const std::uint64_t dimension : shape)
        fits = !__builtin_mul_overflow(bits, dimension, &bits) && fits;
    fits = !__builtin_mul_overflow(bits, std::uint64_t(dtype.bits), &bits) && fits;
    RUNG_CHECK(fits, "safetensors: tensor '", name, "': shape; got ", shown(shape), " of ", dtype.name,
               ", wanted a size that 64 bits can count");
    RUNG_CHECK(bits % 8 == 0, "safetensors: tensor '", name, "': shape; got ", shown(shape), " of ",
               dtype.name, ", wanted a whole number of bytes");
    return bits / 8;
}

/// The numbers belong to whoever made it: to the model that is written, or to the file that was read.
struct Tensor {
    std::string      name;
    Dtype const*     dtype = nullptr;
    Dimensions       shape;
    std::string_view bytes;
};

/// Single precision. As many numbers as the shape says.
inline Tensor tensor_of(std::string name, Dimensions shape, float const* numbers) {
    Tensor              tensor{std::move(name), dtype_of("F32"), std::move(shape), {}};
    const std::uint64_t size = bytes_of(tensor.name, *tensor.dtype, tensor.shape);
    tensor.bytes             = {reinterpret_cast<char const*>(numbers), std::size_t(size)};
    return tensor;
}

}  // namespace rung
