#pragma once
// Addition of two numbers, in the formats of "Teaching arithmetic to small transformers" (Lee et al., ICLR
// 2024) and "Self-improving transformers" (Lee et al., ICML 2025). How a sum is written is a type; difficulty
// is digits.

#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// "358+1479=" -> "49501": everything least significant digit first, the sum filled with zeros to one digit
/// more than the longer number. The format of the self-improvement paper: a digit of the sum depends only on
/// what was already read.
struct Reversed {
    static constexpr std::string_view alphabet = "0123456789+=";

    static Example write(std::string_view a, std::string_view b) {
        std::string sum = digits::reversed(digits::add(a, b));
        sum.resize(std::max(a.size(), b.size()) + 1, '0');
        return {digits::reversed(a) + "+" + digits::reversed(b) + "=", sum};
    }
    static constexpr int longest(int n) { return 3 * n + 3; }
};

/// "853+9741=" -> "10594".
struct Plain {
    static constexpr std::string_view alphabet = "0123456789+=";

    static Example write(std::string_view a, std::string_view b) {
        return {std::string(a) + "+" + std::string(b) + "=", digits::add(a, b)};
    }
    static constexpr int longest(int n) { return 3 * n + 3; }
};

/// "$853+9741=" -> "10594$": plain with a mark where a number begins and ends.
struct Wrapped {
    static constexpr std::string_view alphabet = "0123456789+=$";

    static Example write(std::string_view a, std::string_view b) {
        return {"$" + std::string(a) + "+" + std::string(b) + "=", digits::add(a, b) + "$"};
    }
    static constexpr int longest(int n) { return 3 * n + 5; }
};

/// "$853+9741=" -> "49501$": only the answer is reversed, without filling.
struct ReversedAnswer {
    static constexpr std::string_view alphabet = "0123456789+=$";

    static Example write(std::string_view a, std::string_view b) {
        return {"$" + std::string(a) + "+" + std::string(b) + "=", digits::reversed(digits::add(a, b)) + "$"};
    }
    static constexpr int longest(int n) { return 3 * n + 5; }
};

/// How the lengths of the two numbers are drawn at difficulty n.
enum class Operands {
    equal,  ///< both have n digits, as in evaluation and self-improvement rounds
    mixed,  ///< one has n digits, the other 1 to n, in either order
};

template <class F>
concept WritesSums = requires(std::string_view a, int n) {
    { F::alphabet } -> std::convertible_to<std::string_view>;
    { F::write(a, a) } -> std::same_as<Example>;
    { F::longest(n) } -> std::convertible_to<int>;
};

template <class Format>
struct AdditionIn {
    static_assert(
        WritesSums<Format>,
        "Addition: a format needs `static constexpr std::string_view alphabet`, `static rung::Example "
        "write(a, b)` and `static int longest(int digits)`");
    static constexpr std::string_view alphabet = Format::alphabet;
    static constexpr int              vocab    = vocab_size(alphabet);

    Operands operands = Operands::equal;

    Example sample(Rng& rng, int difficulty) const {
        int a = difficulty, b = difficulty;
        if (operands == Operands::mixed) (rng.chance(0.5) ? a : b) = rng.between(1, difficulty);
        const std::string first = digits::random(rng, a);
        return example(first, digits::random(rng, b));
    }
    /// The problem a + b; both numbers most significant digit first, of any length.
    Example example(std::string_view a, std::string_view b) const {
        digits::check(a, "Addition");
        digits::check(b, "Addition");
        return Format::write(a, b);
    }
    int longest(int difficulty) const { return Format::longest(difficulty); }
};

using Addition      = AdditionIn<Reversed>;
using PlainAddition = AdditionIn<Plain>;

}  // namespace rung
