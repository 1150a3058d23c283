#pragma once
// Functions of a number with four decimals, as "Teaching arithmetic to small transformers" (Lee et al., ICLR 2024)
// writes them: every value v is floor(v * 10^4) / 10^4, as Python prints it.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "rung/task/arithmetic.hpp"
#include "rung/task/detailed_scratchpad.hpp"
#include "rung/task/ordinal.hpp"

namespace rung {

namespace detail {

/// A value in units of 10^-4, rounded down.
inline int ten_thousandths(double v) { return int(std::floor(v * 1e4)); }

/// "-0.943" for -9430, "1.0" for 10000.
inline std::string decimal(int units) {
    const int   size = units < 0 ? -units : units;
    std::string text(units < 0 ? "-" : ""), fraction = std::to_string(10'000 + size % 10'000).substr(1);
    fraction.resize(std::max<std::size_t>(1, fraction.find_last_not_of('0') + 1));
    return text + std::to_string(size / 10'000) + '.' + fraction;
}

/// "-0.943" for "-0.9430": one text for every value; nothing if it is no decimal number.
inline std::optional<std::string> decimal_value(std::string_view text) {
    const std::size_t sign = text.starts_with('-'), point = std::min(text.find('.'), text.size());
    const auto        whole    = text.substr(sign, point - std::min(sign, point));
    auto              fraction = text.substr(std::min(point + 1, text.size()));
    if (!digits::is_number(whole) || (point < text.size() && !digits::is_number(fraction))) return {};
    fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
    std::string value(digits::trimmed(whole));
    if (!fraction.empty()) value.append(".").append(fraction);
    return sign && value != "0" ? "-" + value : value;
}

/// A text of decimal_value() as a number, whatever the locale.
inline double double_of(std::string_view value) {
    double number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
}

/// Digits after the point of a text of decimal_value().
inline int decimals_of(std::string_view value) {
    const auto point = value.find('.');
    return point == std::string_view::npos ? 0 : int(value.size() - point - 1);
}

/// The shortest text of x, as Python prints it.
inline std::string shortest(double x) {
    char        text[32];
    const auto  end = std::to_chars(text, text + sizeof text, x, std::chars_format::fixed).ptr;
    std::string number(text, end);
    return number.find('.') == std::string::npos ? number + ".0" : number;
}

}  // namespace detail

/// sin, or sqrt, of one number. Difficulty is its decimals, 1 to 4; the paper's samples have 4.
template <class Function, class Format>
struct FunctionIn {
    using format                     = Format;
    static constexpr bool scratchpad = std::is_same_v<Format, DetailedScratchpad>;
    static_assert(scratchpad || std::is_same_v<Format, Plain>,
                  "Format: a sine or a square root is written in Plain or in DetailedScratchpad");
    static constexpr Letters letters =
        Letters{}.with("0123456789.-()=").with(Function::name).with(scratchpad ? Function::marks : "");
    static constexpr std::string_view alphabet = letters.view();
    static constexpr int              vocab    = vocab_size(alphabet);

    Judge judge = Judge::final_answer;

    Example sample(Rng& rng, int decimals) const {
        RUNG_CHECK(decimals >= 1 && decimals <= 4, Function::name, ": decimals; got ", decimals,
                   ", wanted 1 to 4");
        const int    scale = int(std::pow(10, decimals));
        const double first = Function::first * scale, last = Function::last * scale;
        return of(rng.between(int(std::ceil(first)), int(std::floor(last))) / double(scale));
    }
    /// The problem of a number of at most four decimals, such as "-1.2311". As the paper's, it is rounded down to four,
    /// of what is nearest to it in base two: that of 0.57 is "sqrt(0.5699)=".
    Example example(std::string_view x) const {
        const auto number = detail::decimal_value(x);
        RUNG_CHECK(number && number->size() <= 7 && detail::decimals_of(*number) <= 4, Function::name,
                   ": number; got '", x, "', wanted ", Function::first, " to ", Function::last,
                   " with at most four decimals");
        const double value = detail::double_of(*number);
        RUNG_CHECK(value >= Function::first && value <= Function::last, Function::name, ": number; got '", x,
                   "', wanted ", Function::first, " to ", Function::last);
        return of(value);
    }
    /// Of the numbers of as many decimals, however they are written; 0.5 and 0.50 have one.
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        const auto open = prompt.find('('), close = prompt.find(')');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
        const auto number = detail::decimal_value(prompt.substr(open + 1, close - open - 1));
        if (!number || number->size() > 7) return {};
        const int    decimals = std::max(1, detail::decimals_of(*number));
        const double scale = std::pow(10, decimals), first = std::ceil(Function::first * scale);
        const auto   count = std::uint64_t(std::floor(Function::last * scale) - first) + 1;
        const double index = std::round(detail::double_of(*number) * scale) - first;
        if (index < -1 || index >= double(count)) return {};
        // The smallest, too, may be written one less than it is.
        return Ordinal{index < 0 ? 0 : std::uint64_t(index), count, decimals};
    }
    constexpr int longest(int) const {
        return scratchpad ? Function::longest : int(Function::name.size()) + 4 + 7 + 7;
    }

    bool correct(Example const& truth, std::string_view answer) const {
        if (answer == truth.answer) return true;
        const auto got = number(answer);
        return judge == Judge::final_answer && got && got == number(truth.answer);
    }
    /// The last line's, without zeros at its ends; nothing if it is no number.
    static std::optional<std::string> number(std::string_view answer) {
        constexpr std::string_view end = "</scratch>\n";
        const std::size_t          at  = scratchpad ? answer.rfind(end) : 0;
        if (at == std::string_view::npos) return {};
        return detail::decimal_value(answer.substr(scratchpad ? at + end.size() : 0));
    }

private:
    static Example of(double x) {
        const std::string call =
            std::string(Function::name) + "(" + detail::decimal(detail::ten_thousandths(x)) + ")";
        if (!scratchpad) return {call + "=", detail::decimal(detail::ten_thousandths(Function::of(x)))};
        Example           all{"Input:\n" + call + "\nTarget:\n", "<scratch>\n"};
        const std::string result = Function::write_steps(all.answer, x);
        all.answer.append(" , END\n</scratch>\n").append(result);
        return all;
    }
};

}  // namespace rung
