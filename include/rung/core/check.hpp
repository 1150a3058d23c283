#pragma once
// Run-time preconditions. A failed check throws rung::Error with one line: where, what, got, wanted.

#include <charconv>
#include <concepts>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

namespace rung {

/// Thrown for a bad value, file or flag. The message reads "where: what; got X, wanted Y".
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Thrown where training has left the numbers that anything can be learnt from. What was kept before is still good.
struct Diverged : Error {
    using Error::Error;
};

/// One piece of a message: a word or a number, held as it is and printed only when the message is made. Plain data of
/// sixteen bytes, so that a check costs its caller next to nothing to compile and to run.
class Part {
public:
    constexpr Part(std::string_view text) : size_or_kind_(unsigned(text.size())), text_(text.data()) {}
    /// Most are literals, whose length is counted when they are printed.
    constexpr Part(char const* text) : size_or_kind_(literal), text_(text) {}
    Part(std::string const& text) : Part(std::string_view(text)) {}
    constexpr Part(char c) : size_or_kind_(character), integer_(c) {}
    constexpr Part(std::integral auto n) : size_or_kind_(integer), integer_(static_cast<long long>(n)) {}
    constexpr Part(std::floating_point auto x) : size_or_kind_(real), real_(double(x)) {}

    /// Appends it, a real number by six digits at most.
    void print(std::string& out) const {
        switch (size_or_kind_) {
            case literal:
                out += text_;
                return;
            case character:
                out += char(integer_);
                return;
            case integer:
                out += std::to_string(integer_);
                return;
            default:
                out.append(text_, size_or_kind_);
                return;
            case real:
                constexpr auto format = std::chars_format::general;
                char           number[32];
                out.append(number,
                           std::size_t(std::to_chars(number, number + sizeof number, real_, format, 6).ptr -
                                       number));
        }
    }

private:
    // Of a text its size, which is never one of these: one number less to set in every message there is.
    static constexpr unsigned literal = -1u, character = -2u, integer = -3u, real = -4u;

    unsigned size_or_kind_;
    union {
        char const* text_;
        long long   integer_;
        double      real_;
    };
};

/// The parts one after another.
[[gnu::noinline]] inline std::string join(std::initializer_list<Part> parts) {
    std::string out;
    for (auto const& part : parts) part.print(out);
    return out;
}

template <class... Parts>
std::string concat(Parts const&... parts) {
    return join({Part(parts)...});
}

[[noreturn, gnu::cold, gnu::noinline]] inline void fail(std::initializer_list<Part> parts) {
    throw Error(join(parts));
}

/// One option of several, where what a check costs does not count: check_number(steps > 0, "train: steps", steps, "at
/// least 1").
[[gnu::cold, gnu::noinline]] inline void check_number(bool good, std::string_view what, Part got,
                                                      std::string_view wanted) {
    if (!good) fail({what, "; got ", got, ", wanted ", wanted});
}

/// In a handler: throws on what is handled there, with a place before its message. Any standard exception becomes an
/// Error, in which it is nested; what says more than an Error by its type, or is no exception, is thrown on as it is.
[[noreturn, gnu::cold, gnu::noinline]] inline void rethrow_from(std::string const& place) {
    try {
        throw;
    } catch (std::exception const& what) {
        if (typeid(what) == typeid(Error)) throw Error(place + what.what());
        const bool nested = dynamic_cast<std::nested_exception const*>(&what);
        if (dynamic_cast<Error const*>(&what) && !nested) throw;
        std::throw_with_nested(Error(place + what.what()));
    }
}

}  // namespace rung

/// RUNG_CHECK(rows == n, "pack: rows; got ", rows, ", wanted ", n). The parts are evaluated only on failure.
#define RUNG_CHECK(condition, ...) \
    do { \
        if (!(condition)) ::rung::fail({__VA_ARGS__}); \
    } while (false)
