#pragma once
// A hash of texts that is the same everywhere, and the names of types and of values, for errors and for files.

#include <cxxabi.h>

#include <charconv>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>

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
    name.remove_suffix(1);  // of "[with T = X; std::string_view = ...]"; X may hold such brackets itself
    name = name.substr(0, name.rfind("; std::string_view = "));
    return name.substr(name.starts_with("rung::") ? 6 : 0);
}

namespace detail {

/// What kind a std::function holds, as far as its type tells: two lambdas are two kinds, two values of one type are
/// not. Lambdas are numbered by their place in the program. "void": none.
template <class Function>
std::string type_of(Function const& function) {
    int         failed = 0;
    char* const name   = abi::__cxa_demangle(function.target_type().name(), nullptr, nullptr, &failed);
    std::string text   = failed == 0 ? name : function.target_type().name();
    std::free(name);
    return text;
}

inline std::string hash_text(std::uint64_t hash) {
    char out[17] = {};
    std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(hash));
    return out;
}
inline std::uint64_t hash_of_bytes(void const* data, std::size_t size) {
    return hash_of({static_cast<char const*>(data), size});
}
/// The fewest digits that are this number and no other.
inline std::string exact_text(double x) {
    char out[32];
    return std::string(out, std::to_chars(out, out + sizeof out, x).ptr);
}

/// Not what a base says of itself: it knows nothing of the members beside it.
template <class T, class Owner, class Name>
constexpr bool is_own(Name (Owner::*)() const) {
    return std::is_same_v<T, Owner>;
}
template <class T>
concept NamesItself = requires(T const value) {
    { value.name() } -> std::convertible_to<std::string>;
    requires is_own<T>(&T::name);
};

/// A type and its value, so that two of one name are the same: the type's own `name()`, or the bytes where they are all
/// there is to it.
template <class T>
std::string value_name(T const& value) {
    const std::string type(type_name<T>());
    if constexpr (NamesItself<T>) {
        return type + " " + std::string(value.name());
    } else {
        static_assert(
            type_name<T>().find("<lambda") == std::string_view::npos &&
                type_name<T>().find("(lambda") == std::string_view::npos,
            "A value that a file is to know again: a lambda has no name that tells it from another; "
            "write a struct with that operator() const");
        static_assert(
            std::is_empty_v<T> || (std::has_unique_object_representations_v<T> && !std::is_pointer_v<T>),
            "A value that a file is to know again: its bytes do not tell it from another (it has a "
            "double, a container, padding or a base's name()); add `std::string name() const`, a text "
            "that no other value of the type has");
        if constexpr (std::is_empty_v<T>) return type;
        else return type + " " + hash_text(hash_of_bytes(&value, sizeof value));
    }
}

}  // namespace detail

}  // namespace rung
