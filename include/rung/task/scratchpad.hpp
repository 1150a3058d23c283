#pragma once
// Scratchpads: answers that write out every column before the number, in the formats of "Teaching arithmetic to small
// transformers" (Lee et al., ICLR 2024). DetailedScratchpad is in detailed_scratchpad.hpp.

#include "rung/task/format.hpp"

namespace rung {

namespace detail {

/// "Input:\n128+367\nTarget:\n"
inline std::string scratchpad_prompt(std::string_view a, char sign, std::string_view b) {
    std::string prompt;
    prompt.reserve(a.size() + b.size() + 17);
    return prompt.append("Input:\n").append(a).append(1, sign).append(b).append("\nTarget:\n");
}

/// What a column of a sum or a difference leaves: a digit, or of a difference's first column what is left of it, and a
/// carry, or a borrow of -1.
struct Column {
    int a, b, carry;  ///< read
    int digit, next;  ///< written
};

/// Column i from the units, of `columns`.
inline Column column_of(Plus const& p, std::size_t i, std::size_t, int carry) {
    const int a = i < p.a.size() ? p.a[p.a.size() - 1 - i] - '0' : 0;
    const int b = i < p.b.size() ? p.b[p.b.size() - 1 - i] - '0' : 0;
    const int s = a + b + carry;
    return {a, b, carry, s >= 10 ? s - 10 : s, s >= 10};
}
inline Column column_of(Minus const& p, std::size_t i, std::size_t columns, int carry) {
    const int  a    = i < p.a.size() ? p.a[p.a.size() - 1 - i] - '0' : 0;
    const int  b    = i < p.b.size() ? p.b[p.b.size() - 1 - i] - '0' : 0;
    const int  d    = a - b + carry;
    const bool last = i + 1 == columns;
    return {a, b, carry, d < 0 && !last ? d + 10 : d, d < 0 ? -1 : 0};
}

inline void put_int(std::string& out, int n) {
    if (n < 0) out += '-', n = -n;
    if (n >= 10) put_int(out, n / 10);
    out += char('0' + n % 10);
}

/// "-300+61=-239": the first column's part, the rest, and both together.
inline void put_parts(std::string& out, int top, std::string const& rest, std::string_view result) {
    put_int(out, top);
    if (top != 0) out.append(rest.size(), '0');
    out.append("+").append(rest.empty() ? "0" : digits::trimmed(rest)).append("=").append(result);
}

}  // namespace detail

/// "Input:\n128+367\nTarget:\n" -> "A->5 , C->1\nA->9 , C->0\nA->4 , C->0.\n495": of every column its digit and its
/// carry, and the sum; of a difference, before that, "-300+61=-239." and the like. Without the error of the paper's
/// generator, whose files have it neither: every row says what its column leaves.
struct SimplifiedScratchpad {
    static constexpr std::string_view marks    = "Input:\nTarge A->,C.-+=";
    static constexpr Order            operands = Order::most_first;

    static Example write(Plus const& p, Rng* = nullptr) {
        return rows(p, [](detail::Column&) {});
    }
    static Example write(Minus const& p, Rng* = nullptr) {
        return rows(p, [](detail::Column&) {});
    }
    template <class Problem>
    static constexpr int longest(int a, int b) {
        const int n = std::max(a, b), prompt = a + b + 17;
        if constexpr (std::is_same_v<Problem, Plus>) return prompt + 12 * n + 1 + n + 1;
        else {  // "A->-10" where the first number is shorter
            const int parts = (n + 1) + 1 + std::max(n - 1, 1) + 1 + (n + 1);
            return prompt + 13 * n + 1 + parts + 2 + (n + 1) + (a < b ? 2 : 0);
        }
    }
    /// The last line.
    static std::optional<std::string> number(std::string_view answer) {
        const std::size_t line = answer.rfind('\n');
        if (line == std::string_view::npos) return {};
        return detail::read_line({}, answer.substr(line + 1));
    }
    static std::vector<std::string_view> steps(std::string_view answer) {
        return detail::split(answer, "\n");
    }

protected:
    /// @param change  what is said of a column, after the next one was told the truth
    template <class Problem, class Change>
    static Example rows(Problem const& p, Change&& change) {
        Example all;
        all.prompt              = detail::scratchpad_prompt(p.a, Problem::sign, p.b);
        const std::size_t count = std::max(p.a.size(), p.b.size());
        all.answer.reserve(std::size_t(longest<Problem>(int(p.a.size()), int(p.b.size()))));
        std::string    rest;
        detail::Column column{};
        for (std::size_t i = 0; i < count; ++i) {
            column    = detail::column_of(p, i, count, column.next);
            auto said = column;
            change(said);
            if (i > 0) all.answer += '\n';
            all.answer += "A->", detail::put_int(all.answer, said.digit);
            all.answer += " , C->", detail::put_int(all.answer, said.next);
            if (i + 1 < count) rest += char('0' + column.digit);
        }
        if constexpr (std::is_same_v<Problem, Minus>) {
            std::reverse(rest.begin(), rest.end());
            all.answer += '\n', detail::put_parts(all.answer, column.digit, rest, p.result);
        }
        all.answer.append(".\n").append(p.result);
        return all;
    }
};

/// Which labels of a scratchpad are drawn at random.
enum class Noise { digits, carries, both };

/// A simplified scratchpad of a sum whose rows tell nothing, though its last line is right: every digit, carry, or
/// both, is uniform. Judge its final answers alone.
template <Noise N>
struct NoisyScratchpad : SimplifiedScratchpad {
    static Example write(Plus const& p, Rng* rng = nullptr) {
        return rows(p, [rng](detail::Column& said) {
            if (rng && N != Noise::carries) said.digit = int(rng->below(10));
            if (rng && N != Noise::digits) said.next = int(rng->below(2));
        });
    }
    /// None is right but by chance.
    static std::vector<std::string_view> steps(std::string_view) = delete;
};

}  // namespace rung
