#pragma once
// Scratchpads that spell out every step of a sum, a difference or a product, in the format of "Teaching arithmetic to
// small transformers" (Lee et al., ICLR 2024).

#include "rung/task/scratchpad.hpp"

namespace rung {

namespace detail {

/// "[1,2,8]": as many of a number's first digits.
inline void put_list(std::string& out, std::string_view number, std::size_t count) {
    out += '[';
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        out += number[i];
    }
    out += ']';
}
constexpr int list_size(int count) { return count > 0 ? 2 * count + 1 : 2; }

/// Without the digits of the units column so far.
inline std::size_t left(std::string_view number, std::size_t columns) {
    return number.size() > columns ? number.size() - columns : 0;
}

inline void put_header(std::string& out, std::string_view a, std::string_view b) {
    out += "<scratch>\n";
    for (const auto number : {a, b}) {
        put_list(out, number, number.size());
        out += " has ", put_int(out, int(number.size())), out += " digits.\n";
    }
}

/// "</scratch>\n-2 3 9"
inline void put_footer(std::string& out, std::string_view result) {
    out += "</scratch>\n";
    for (std::size_t i = 0; i < result.size(); ++i) {
        out += result[i];
        if (i + 1 < result.size() && result[i] != '-') out += ' ';
    }
}
constexpr int header_and_footer(int a, int b, int result_digits) {
    return 10 + list_size(a) + 14 + digits_of(a) + list_size(b) + 14 + digits_of(b) + 11 + 2 * result_digits -
           1;
}

}  // namespace detail

struct DetailedScratchpad {
    static constexpr std::string_view marks    = "Input:\nTarge<sch>[,]di. A=C-+/ENDkB*";
    static constexpr Order            operands = Order::most_first;

    static Example write(Plus const& p, Rng* = nullptr) { return columns(p); }
    static Example write(Minus const& p, Rng* = nullptr) { return columns(p); }
    static Example write(Times const& p, Rng* = nullptr) {
        Example all;
        start(all, p);
        std::string sum = "0";
        for (std::size_t i = 0; i < p.b.size(); ++i) {
            const auto        digit   = p.b.substr(p.b.size() - 1 - i, 1);
            std::string       partial = digits::multiply(p.a, digit);
            const std::size_t alone   = partial.size();
            detail::put_list(all.answer, p.a, p.a.size());
            all.answer.append(" * ").append(digit).append(" , A=");
            detail::put_list(all.answer, partial, alone);
            all.answer.append(" , k=1").append(i, '0').append(" , B=");
            if (partial != "0") partial.append(i, '0');
            detail::put_list(all.answer, partial, partial.size());
            all.answer.append(" , C=").append(sum).append("+").append(partial).append("=");
            sum = digits::add(sum, partial);
            all.answer.append(sum).append(i + 1 < p.b.size() ? "\n" : " , END\n");
        }
        detail::put_footer(all.answer, p.result);
        return all;
    }

    template <class Problem>
    static constexpr int longest(int a, int b) {
        const int n     = std::max(a, b);
        int       count = a + b + 17 + detail::header_and_footer(a, b, Problem::digits_of(a, b));
        if constexpr (std::is_same_v<Problem, Times>) {
            for (int i = 0; i < b; ++i)
                count += detail::list_size(a) + 9 + detail::list_size(a + 1) + 6 + i + 5 +
                         detail::list_size(a + 1 + i) + 5 + std::max(i > 0 ? a + i : 1, 1) + 1 +
                         2 * (a + 1 + i) + 1 + 1;
            return count + 6;
        } else {
            constexpr bool sum = std::is_same_v<Problem, Plus>;
            for (int i = 0; i < n; ++i)
                count += detail::list_size(std::max(a - i, 0)) + 3 + detail::list_size(std::max(b - i, 0)) +
                         5 + detail::list_size(i) + 5 + 1 + 3 + 8 + 7 + 8 +
                         (sum         ? 0
                          : i == 0    ? 3 - (n == 1)
                          : i + 1 < n ? 4
                                      : 3);
            count += 2 + 3 + 2 + 5 + detail::list_size(n);
            if (sum) return count + 4 + 7;
            return count + 14 + 2 * n + std::max(n - 1, 1) + (a < b ? 4 : 0);  // "-10" where a is shorter
        }
    }
    /// The digits after "</scratch>".
    static std::optional<std::string> number(std::string_view answer) {
        constexpr std::string_view end = "</scratch>\n";
        const std::size_t          at  = answer.rfind(end);
        if (at == std::string_view::npos) return {};
        std::string_view  last = answer.substr(at + end.size());
        const std::string sign(last.starts_with('-') ? "-" : "");
        last.remove_prefix(sign.size());
        const auto number = detail::read_line({.spaced = true}, last);
        return number && !number->starts_with('-') ? std::optional(sign + *number) : std::nullopt;
    }
    static std::vector<std::string_view> steps(std::string_view answer) {
        return detail::split(answer, "\n");
    }

private:
    template <class Problem>
    static void start(Example& all, Problem const& p) {
        all.prompt = detail::scratchpad_prompt(p.a, Problem::sign, p.b);
        all.answer.reserve(std::size_t(longest<Problem>(int(p.a.size()), int(p.b.size()))));
        detail::put_header(all.answer, p.a, p.b);
    }
    template <class Problem>
    static Example columns(Problem const& p) {
        constexpr bool sum = std::is_same_v<Problem, Plus>;
        Example        all;
        start(all, p);
        auto&             out   = all.answer;
        const std::size_t count = std::max(p.a.size(), p.b.size());
        std::string       list, rest;  // of the digits so far: "9,5", and as a number
        detail::Column    column{};
        const auto        lists = [&](std::size_t i) {
            detail::put_list(out, p.a, detail::left(p.a, i));
            out.append(1, ' ').append(1, Problem::sign).append(1, ' ');
            detail::put_list(out, p.b, detail::left(p.b, i));
            out.append(" , A=[").append(list.rbegin(), list.rend()).append(1, ']');
        };
        for (std::size_t i = 0; i < count; ++i) {
            column = detail::column_of(p, i, count, column.next);
            lists(i);
            out += " , C=", detail::put_int(out, column.carry), out += " , ";
            const int carried = column.carry < 0 ? -column.carry : column.carry;
            for (const int n : {column.a, column.b, carried}) detail::put_int(out, n), out += Problem::sign;
            out.pop_back();
            if (!sum && column.next < 0 && i + 1 < count) out += "+10";
            out += '=', detail::put_int(out, sum ? column.digit + 10 * column.next : column.digit);
            out += " , A->", detail::put_int(out, column.digit);
            out += " , C->", detail::put_int(out, column.next), out += '\n';
            if (i > 0) list += ',';
            if (i + 1 < count) rest += char('0' + column.digit);
            std::string digit;
            detail::put_int(digit, column.digit);
            list.append(digit.rbegin(), digit.rend());
        }
        lists(count);
        if constexpr (sum) {
            out += " C=", detail::put_int(out, column.next);
        } else {
            std::reverse(rest.begin(), rest.end());
            out += '\n', detail::put_parts(out, column.digit, rest, p.result);
        }
        out += " , END\n";
        detail::put_footer(out, p.result);
        return all;
    }
};

}  // namespace rung
