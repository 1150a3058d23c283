#pragma once
// Multiplication of two numbers. Difficulties are the digits of the first and of the second.

#include "rung/task/arithmetic.hpp"

namespace rung {

/// "512*64=" -> "0921+00680=09890" (215 * 46): least significant digit first, the products with each digit of the
/// second number, filled with zeros to one digit more than they can do without, joined by "+"; after each but the first
/// and the last, the sum so far in parentheses; at last the result, filled ("Self-improving transformers", Lee et al.,
/// ICML 2025). The length of an answer is that of its numbers alone.
struct ChainOfThought {
    static constexpr std::string_view marks    = "=+()";
    static constexpr Order            operands = Order::least_first;

    static Example write(Times const& p, Rng* = nullptr) {
        const int   a = int(p.a.size()), b = int(p.b.size());
        const auto  none = Order::least_first;
        Example     all;
        std::string sum = "0", partial;
        all.prompt      = digits::reversed(p.a) + "*" + digits::reversed(p.b) + "=";
        all.answer.reserve(std::size_t(longest<Times>(a, b) - a - b - 2));
        const auto put = [&](std::string_view number, int width) {
            detail::put_number(all.answer, number, std::size_t(width), none, false, 0);
        };
        for (int i = 0; i < b; ++i) {
            partial = digits::multiply(p.a, p.b.substr(std::size_t(b - 1 - i), 1));
            partial.append(std::size_t(i), '0');
            sum = digits::add(sum, partial);
            if (i > 0) all.answer += '+';
            put(digits::trimmed(partial), a + i + 1);
            if (i > 0 && i + 1 < b) all.answer += '(', put(sum, a + i + 1), all.answer += ')';
        }
        all.answer += '=';
        put(p.result, a + b);
        return all;
    }
    template <class Problem>
    static constexpr int longest(int a, int b) {
        int characters = a + b + 2 + (a + b + 1);
        for (int i = 0; i < b; ++i) characters += (i > 0) + (a + i + 1) * (i > 0 && i + 1 < b ? 2 : 1);
        return characters + (b > 2 ? 2 * (b - 2) : 0);
    }
    /// The number after the last "=".
    static std::optional<std::string> number(std::string_view answer) {
        const std::size_t last = answer.rfind('=');
        if (last == std::string_view::npos || !digits::is_number(answer.substr(last + 1))) return {};
        return digits::reversed(answer.substr(last + 1));
    }
    /// Products and sums so far, and the result.
    static std::vector<std::string_view> steps(std::string_view answer) {
        return detail::split(answer, "+(=");
    }
};

template <class Format>
using MultiplicationIn = ByOperand<ArithmeticIn<Times, Format>>;
using Multiplication   = MultiplicationIn<ChainOfThought>;

}  // namespace rung
