#pragma once
// Numbers as strings of digits, most significant first: any length, no 64-bit limit. Schoolbook arithmetic, in any base
// up to ten.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/rng.hpp"
#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung::digits {

/// Uniform among the numbers of exactly `count` digits: the first is not zero.
inline std::string random(Rng& rng, int count) {
    RUNG_CHECK(count > 0, "digits::random: count; got ", count, ", wanted at least 1");
    std::string number(std::size_t(count), '0');
    for (int i = 0; i < count; ++i)
        number[std::size_t(i)] = char('0' + (i == 0 ? 1 + rng.below(9) : rng.below(10)));
    return number;
}

/// Of the prompts of so many digits.
inline std::optional<Ordinal> ordinal(std::string_view prompt) {
    return ordinal_of_number(before_equals(prompt));
}

/// Uniform among the strings of exactly `count` digits, zeros in front among them.
inline std::string random_below(Rng& rng, int count) {
    RUNG_CHECK(count > 0, "digits::random_below: count; got ", count, ", wanted at least 1");
    std::string number(std::size_t(count), '0');
    for (char& digit : number) digit = char('0' + rng.below(10));
    return number;
}

inline std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

template <int Base = 10>
bool is_number(std::string_view text) {
    for (const char c : text)
        if (c < '0' || c >= '0' + Base) return false;
    return !text.empty();
}

/// Throws unless `number` is one or more digits.
template <int Base = 10>
void check(std::string_view number, std::string_view where) {
    RUNG_CHECK(is_number<Base>(number), where, ": number; got '", number, "', wanted ",
               Base == 10  ? "decimal"
               : Base == 2 ? "binary"
                           : "its base's",
               " digits");
}

/// Without leading zeros; of nothing but zeros, one is left.
inline std::string_view trimmed(std::string_view number) {
    const std::size_t first = number.find_first_not_of('0');
    return number.substr(first == std::string_view::npos ? number.size() - 1 : first);
}

/// The same number, signed or not, as the one text for its value: "-007" is "-7", and "-0" is "0".
inline std::string canonical(std::string_view number) {
    const bool negative = number.starts_with('-');
    const auto size     = trimmed(number.substr(negative));
    return join({negative && size != "0" ? "-" : "", size});
}

/// Whether two texts are numbers, and the same one: zeros in front do not count.
template <int Base = 10>
bool same_value(std::string_view a, std::string_view b) {
    return is_number<Base>(a) && is_number<Base>(b) && trimmed(a) == trimmed(b);
}

/// Less than, equal to or greater than 0 as a is beside b.
inline int compare(std::string_view a, std::string_view b) {
    a = trimmed(a), b = trimmed(b);
    return a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
}

/// a + b without leading zeros (but "0" + "0" = "0").
template <int Base = 10>
std::string add(std::string_view a, std::string_view b) {
    RUNG_CHECK(is_number<Base>(a) && is_number<Base>(b), "digits::add: numbers; got '", a, "' and '", b,
               "', wanted digits of base ", Base);
    if (a.size() < b.size()) std::swap(a, b);
    std::string sum(a.size() + 1, '0');
    int         carry = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        int s = carry + a[a.size() - i] - '0' + (i <= b.size() ? b[b.size() - i] - '0' : 0);
        carry = s >= Base;
        s -= carry ? Base : 0;
        sum[sum.size() - i] = char('0' + s);
    }
    sum[0] = char('0' + carry);
    sum.erase(0, sum.size() - trimmed(sum).size());
    return sum;
}

/// a - b without leading zeros, with a minus in front where b is greater.
inline std::string subtract(std::string_view a, std::string_view b) {
    check(a, "digits::subtract");
    check(b, "digits::subtract");
    const bool negative = compare(a, b) < 0;
    if (negative) std::swap(a, b);
    std::string difference(trimmed(a));
    b          = trimmed(b);
    int borrow = 0;
    for (std::size_t i = 1; i <= difference.size(); ++i) {
        char&     digit = difference[difference.size() - i];
        const int d     = digit - '0' - borrow - (i <= b.size() ? b[b.size() - i] - '0' : 0);
        borrow          = d < 0;
        digit           = char('0' + d + 10 * borrow);
    }
    difference.erase(0, difference.size() - trimmed(difference).size());
    return negative ? "-" + difference : difference;
}

/// a * b without leading zeros.
template <int Base = 10>
std::string multiply(std::string_view a, std::string_view b) {
    RUNG_CHECK(is_number<Base>(a) && is_number<Base>(b), "digits::multiply: numbers; got '", a, "' and '", b,
               "', wanted digits of base ", Base);
    std::string product(a.size() + b.size(), '\0');
    for (std::size_t i = b.size(); i-- > 0;) {
        const int digit = b[i] - '0';
        int       carry = 0;
        if (digit == 0) continue;
        for (std::size_t j = a.size(); j-- > 0;) {
            char&     column = product[i + j + 1];
            const int p      = column + digit * (a[j] - '0') + carry;
            carry            = p / Base;
            column           = char(p - Base * carry);
        }
        product[i] = char(product[i] + carry);
    }
    for (char& digit : product) digit = char(digit + '0');
    product.erase(0, product.size() - trimmed(product).size());
    return product;
}

}  // namespace rung::digits

namespace rung {

/// The index, from 1, of the last character within the run of digits that it ends; 0 if it is none. Blanks are digits:
/// they stand for those of an answer that is read at once.
inline int digit_place(std::string_view text) {
    const auto last =
        std::find_if(text.rbegin(), text.rend(), [](char c) { return c != blank && (c < '0' || c > '9'); });
    return int(last - text.rbegin());
}

}  // namespace rung
