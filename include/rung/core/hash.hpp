#pragma once
// A hash of texts that is the same everywhere, and the names of types, for errors.

#include <string_view>

#include "rung/core/rng.hpp"

namespace rung {

/// 64 bits of a text and a key: Philox over eight characters at a time, each time on what came before.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t key = 0) {
    RandomBits state{0, 0, std::uint32_t(text.size()), std::uint32_t(text.size() >> 32)};
    for (std::size_t at = 0; at < text.size() || at == 0; at += 8) {
        for (std::size_t i = 0; i < 8 && at + i < text.size(); ++i)
            state[i / 4] ^= std::uint32_t(static_cast<unsigned char>(text[at + i])) << (8 * (i % 4));
        state = philox(state, key_of(key));
    }
    return state[0] | std::uint64_t(state[1]) << 32;
}

/// "Parity": as the compiler writes it, without rung's own name before it.
template <class T>
constexpr std::string_view type_name() {
    std::string_view       name  = __PRETTY_FUNCTION__;
    const std::string_view start = "T = ";
    name.remove_prefix(name.find(start) + start.size());
    name = name.substr(0, name.find_first_of(";]"));
    return name.substr(name.starts_with("rung::") ? 6 : 0);
}

}  // namespace rung
