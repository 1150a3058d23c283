#pragma once
// Run-time preconditions. A failed check throws rung::Error with one line: where, what, got, wanted.

#include <sstream>
#include <stdexcept>
#include <string>

namespace rung {

/// Thrown for a bad value, file or flag. The message reads "where: what; got X, wanted Y".
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Prints its arguments one after another into a string.
template <class... Parts>
std::string concat(Parts const&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

template <class... Parts>
[[noreturn]] void fail(Parts const&... parts) {
    throw Error(concat(parts...));
}

}  // namespace rung

/// RUNG_CHECK(rows == n, "pack: rows; got ", rows, ", wanted ", n). The parts are evaluated only on failure.
#define RUNG_CHECK(condition, ...) \
    do { \
        if (!(condition)) ::rung::fail(__VA_ARGS__); \
    } while (false)
