#pragma once
// How a problem of two numbers is written on one line: "853+97=" -> "950" and its kin. A format is a type; the ways to
// vary one are types around it, in any order: InDollars<ReverseResult<Plain>>.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/task/digits.hpp"
#include "rung/task/letters.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// a + b. The numbers are most significant digit first here, whatever a format does with them.
struct Plus {
    static constexpr char             sign = '+';
    static constexpr std::string_view name = "Addition";
    std::string_view                  a, b;
    std::string                       result;

    static Plus          of(std::string_view a, std::string_view b) { return {a, b, digits::add(a, b)}; }
    static constexpr int digits_of(int a, int b) { return std::max(a, b) + 1; }  ///< of the largest result
    static constexpr int characters(int a, int b) { return digits_of(a, b); }    ///< with its sign
};

/// a - b, which may be below zero.
struct Minus {
    static constexpr char             sign = '-';
    static constexpr std::string_view name = "Subtraction";
    std::string_view                  a, b;
    std::string                       result;

    static Minus         of(std::string_view a, std::string_view b) { return {a, b, digits::subtract(a, b)}; }
    static constexpr int digits_of(int a, int b) { return std::max(a, b); }
    static constexpr int characters(int a, int b) { return std::max(a, b) + (a <= b); }
};

/// a * b.
struct Times {
    static constexpr char             sign = '*';
    static constexpr std::string_view name = "Multiplication";
    std::string_view                  a, b;
    std::string                       result;

    static Times         of(std::string_view a, std::string_view b) { return {a, b, digits::multiply(a, b)}; }
    static constexpr int digits_of(int a, int b) { return a + b; }
    static constexpr int characters(int a, int b) { return digits_of(a, b); }
};

/// Of the digits of a number.
enum class Order { most_first, least_first };

struct LineLayout {
    Order operands = Order::most_first, result = Order::most_first;
    bool  padded  = false;  ///< operands to the digits of the longer one, the result to the most it can have
    bool  filled  = false;  ///< the result alone
    bool  dollars = false;
    bool  spaced  = false;
    bool  hinted  = false;
};

namespace detail {

inline constexpr std::string_view hints = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

constexpr Letters marks_of(LineLayout const& layout) {
    Letters marks = Letters{}.with("=");
    if (layout.dollars) marks = marks.with("$");
    if (layout.spaced) marks = marks.with(" ");
    if (layout.hinted) marks = marks.with(hints);
    return marks;
}

/// Appends a number, perhaps signed. Its units have the hint number `unit`.
inline void put_number(std::string& out, std::string_view number, std::size_t fill, Order order, bool hinted,
                       std::size_t unit) {
    const bool negative = number.starts_with('-');
    number.remove_prefix(negative);
    const std::size_t zeros = fill > number.size() ? fill - number.size() : 0, count = zeros + number.size();
    const auto        digit = [&](std::size_t i) { return i < zeros ? '0' : number[i - zeros]; };
    if (negative && order == Order::most_first) out += '-';
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = order == Order::most_first ? i : count - 1 - i;
        if (hinted) out += hints[unit + count - 1 - at];
        out += digit(at);
    }
    if (negative && order == Order::least_first) out += '-';
}

inline std::string spaced(std::string_view text) {
    std::string out;
    out.reserve(2 * text.size());
    for (const char c : text) out += c, out += ' ';
    return out;
}

inline Example write_line(LineLayout const& layout, std::string_view a, char sign, std::string_view b,
                          std::string_view result, int result_digits, Rng* rng) {
    const std::size_t longer = std::max(a.size(), b.size()), fill = layout.padded ? longer : 0;
    const std::size_t width = layout.padded || layout.filled ? std::size_t(result_digits) : 0;
    std::size_t       unit  = 0;
    if (layout.hinted) {
        const std::size_t places = std::max(longer, std::size_t(result_digits));
        RUNG_CHECK(places <= hints.size(), "IndexHints: digits; got ", places, ", wanted at most ",
                   hints.size(), ", as many as there are letters");
        if (rng) unit = rng->below(std::uint32_t(hints.size() - places + 1));
    }
    Example all;
    all.prompt.reserve((a.size() + b.size()) * (layout.hinted ? 2 : 1) + 3);
    all.answer.reserve(std::max(width, result.size()) * (layout.hinted ? 2 : 1) + 2);
    if (layout.dollars) all.prompt += '$';
    put_number(all.prompt, a, fill, layout.operands, layout.hinted, unit);
    all.prompt += sign;
    put_number(all.prompt, b, fill, layout.operands, layout.hinted, unit);
    all.prompt += '=';
    put_number(all.answer, result, width, layout.result, layout.hinted, unit);
    if (layout.dollars) all.answer += '$';
    if (layout.spaced) {
        all.prompt = spaced(all.prompt);
        all.answer = spaced(all.answer);
        all.answer.pop_back();
    }
    return all;
}

/// The number, perhaps signed and with zeros in front, that an answer means; nothing if its form is broken.
inline std::optional<std::string> read_line(LineLayout const& layout, std::string_view answer) {
    std::string text(answer);
    if (layout.spaced) {
        text.clear();
        for (std::size_t i = 0; i < answer.size(); ++i) {
            if ((answer[i] == ' ') != (i % 2 == 1)) return {};
            if (i % 2 == 0) text += answer[i];
        }
        if (answer.ends_with(' ')) return {};
    }
    if (layout.dollars) {
        if (!text.ends_with('$')) return {};
        text.pop_back();
    }
    if (layout.result == Order::least_first) std::reverse(text.begin(), text.end());
    std::string       number(text.starts_with('-') ? "-" : "");
    const std::size_t sign = number.size();
    if (!layout.hinted) {
        number = text;
    } else {  // letters and digits in turn; towards the units, letters go down by one
        const std::size_t digit = layout.result == Order::least_first ? 0 : 1;
        if ((text.size() - sign) % 2 != 0) return {};
        for (std::size_t i = sign; i < text.size(); i += 2) {
            const std::size_t place = hints.find(text[i + 1 - digit]);
            if (place == std::string_view::npos || (i > sign && hints.find(text[i - 1 - digit]) != place + 1))
                return {};
            number += text[i + digit];
        }
    }
    if (!digits::is_number(std::string_view(number).substr(sign))) return {};
    return number;
}

/// The pieces of a text between such characters.
inline std::vector<std::string_view> split(std::string_view text, std::string_view borders) {
    std::vector<std::string_view> pieces;
    for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
        end = text.find_first_of(borders);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
    }
    return pieces;
}

/// The two numbers of a prompt, most significant digit first, in whatever format.
inline std::pair<std::string, std::string> read_operands(std::string_view prompt, char sign, Order order) {
    std::pair<std::string, std::string> all;
    bool                                second = false;
    for (const char c : prompt) {
        second = second || c == sign;
        if (c >= '0' && c <= '9') (second ? all.second : all.first) += c;
    }
    if (order == Order::least_first) {
        std::reverse(all.first.begin(), all.first.end());
        std::reverse(all.second.begin(), all.second.end());
    }
    return all;
}

}  // namespace detail

/// A format of one line.
template <LineLayout L>
struct OneLine {
    static constexpr LineLayout       layout   = L;
    static constexpr Letters          letters  = detail::marks_of(L);
    static constexpr std::string_view marks    = letters.view();  ///< characters beside digits and the sign
    static constexpr Order            operands = L.operands;

    template <class Problem>
    static Example write(Problem const& p, Rng* rng = nullptr) {
        const int a = int(p.a.size()), b = int(p.b.size());
        const int most =
            L.padded ? Problem::digits_of(std::max(a, b), std::max(a, b)) : Problem::digits_of(a, b);
        return detail::write_line(L, p.a, Problem::sign, p.b, p.result, most, rng);
    }
    template <class Problem>
    static constexpr int longest(int a, int b) {
        if (L.padded) a = b = std::max(a, b);
        int characters = a + b + 2 + Problem::characters(a, b);
        if (L.hinted) characters += a + b + Problem::digits_of(a, b);
        if (L.dollars) characters += 2;
        return L.spaced ? 2 * characters - 1 : characters;
    }
    static std::optional<std::string> number(std::string_view answer) { return detail::read_line(L, answer); }
    /// Of answers that have numbers: whether the hints of their units are the same, and so all others.
    static bool same_hints(std::string_view a, std::string_view b) {
        const auto unit = [](std::string_view answer) {
            const bool first = L.result == Order::least_first;
            return answer[first ? answer.find_first_of(detail::hints) : answer.find_last_of(detail::hints)];
        };
        return !L.hinted || unit(a) == unit(b);
    }
};

namespace detail {

constexpr LineLayout with(LineLayout layout, bool LineLayout::*what) {
    layout.*what = true;
    return layout;
}
constexpr LineLayout with(LineLayout layout, Order LineLayout::*what) {
    layout.*what = Order::least_first;
    return layout;
}

template <class F>
constexpr LineLayout layout_of() {
    constexpr bool one_line = requires { F::layout; };
    static_assert(
        one_line,
        "InDollars, ZeroPadded, FilledResult, ReverseResult, ReverseOperands, Spaced, IndexHints: of "
        "a format of one line, as Plain or another of them; scratchpads and simple formats write "
        "their lines themselves");
    if constexpr (one_line) return F::layout;
    else return {};
}
template <class F, auto what>
using LineWith = OneLine<with(layout_of<F>(), what)>;

}  // namespace detail

template <class F>
using InDollars = detail::LineWith<F, &LineLayout::dollars>;  ///< "$853+97=" -> "950$"
template <class F>
using ZeroPadded = detail::LineWith<F, &LineLayout::padded>;  ///< "853+097=" -> "0950"
template <class F>
using FilledResult = detail::LineWith<F, &LineLayout::filled>;  ///< "853+97=" -> "0950"
template <class F>
using ReverseResult = detail::LineWith<F, &LineLayout::result>;  ///< "853+97=" -> "059"
template <class F>
using ReverseOperands = detail::LineWith<F, &LineLayout::operands>;  ///< "358+79=" -> "950"
template <class F>
using Spaced = detail::LineWith<F, &LineLayout::spaced>;  ///< "8 5 3 + 9 7 = " -> "9 5 0"
/// "c8b5a3+b9a7=" -> "c9b5a0": before every digit a letter for its place, which all three numbers share. Where samples
/// are drawn, the letter of the units is drawn too, so that long numbers have no letters that short ones have never
/// shown (Zhou et al., "What algorithms can transformers learn? A study in length generalization", ICLR 2024).
template <class F>
using IndexHints = detail::LineWith<F, &LineLayout::hinted>;

/// How many of an answer's steps are right before the first that is not, for formats that have steps.
template <class Format>
int right_steps(std::string_view truth, std::string_view answer) {
    const auto  want = Format::steps(truth), got = Format::steps(answer);
    std::size_t right = 0;
    while (right < std::min(want.size(), got.size()) && want[right] == got[right]) ++right;
    return int(right);
}

/// "853+9741=" -> "10594".
struct Plain : OneLine<LineLayout{}> {};
/// "$853+9741=" -> "10594$": plain with a mark where a number begins and ends.
struct Wrapped : InDollars<Plain> {};
/// "$853+9741=" -> "49501$": only the answer is reversed, without filling.
struct ReversedAnswer : InDollars<ReverseResult<Plain>> {};
/// "358+1479=" -> "49501": everything least significant digit first, the result filled with zeros to the most digits
/// that it can have. The format of the self-improvement paper: a digit of a sum depends only on what was already read.
struct Reversed : ReverseOperands<ReverseResult<FilledResult<Plain>>> {};

}  // namespace rung
