#pragma once
// What went wrong in an answer that is a number: a carry, a digit, the end, or the form.

#include <array>
#include <string>
#include <string_view>

#include "rung/task/arithmetic.hpp"

namespace rung {

enum class Slip {
    none,
    early_stop,      ///< the answer is the beginning of the right one
    format_break,    ///< it is no number in the task's format
    wrong_steps,     ///< the right number, after steps or with hints that are wrong, where these count
    dropped_carry,   ///< the right number, had one or more carries (or borrows) been forgotten
    false_carry,     ///< the right number, had columns been given carries (or borrows) that there were not
    lost_digit,      ///< the right digits without one of them
    repeated_digit,  ///< the right digits, one of them twice
    shifted_digit,   ///< the right digits, one of them or all of them in another place
    other,
};

inline constexpr std::array<std::string_view, 10> slip_names{
    "none",        "early stop", "format break",   "wrong steps",   "dropped carry",
    "false carry", "lost digit", "repeated digit", "shifted digit", "other"};
inline std::string_view slip_name(Slip slip) { return slip_names[std::size_t(slip)]; }

namespace detail {

/// Which columns, from the units, are given a carry or a borrow by the one before.
inline std::string carries(std::string_view a, char sign, std::string_view b) {
    std::string into = "0";
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        const int carry = into.back() - '0', x = i < a.size() ? a[a.size() - 1 - i] - '0' : 0,
                  y = i < b.size() ? b[b.size() - 1 - i] - '0' : 0;
        into += sign == '+' ? char('0' + (x + y + carry >= 10)) : char('0' + (x - y - carry < 0));
    }
    return into;
}

/// Whether a number is a sum of powers of ten, each of a column that has a carry, or of columns that have none;
/// no column is before the units.
inline bool of_carries(std::string_view number, std::string_view into, char which) {
    for (std::size_t i = 0; i < number.size(); ++i) {
        const char digit = number[number.size() - 1 - i];
        if (digit != '0' && (digit != '1' || i == 0 || (i < into.size() ? into[i] : '0') != which))
            return false;
    }
    return true;
}

/// The class of a wrong number by its digits alone, in the order in which they are written.
inline Slip slip_of_digits(std::string_view right, std::string_view got) {
    std::size_t before = 0, after = 0;
    const auto  shorter = std::min(right.size(), got.size());
    while (before < shorter && right[before] == got[before]) ++before;
    while (after < shorter - before && right[right.size() - 1 - after] == got[got.size() - 1 - after])
        ++after;
    if (got.size() + 1 == right.size() && before + after == got.size()) return Slip::lost_digit;
    if (got.size() == right.size() + 1 && before + after == right.size()) {
        const char more = got[before];  // beside its twin
        if ((before > 0 && got[before - 1] == more) || (before + 1 < got.size() && got[before + 1] == more))
            return Slip::repeated_digit;
    }
    if (got.size() == right.size()) {
        const auto was = right.substr(before, right.size() - before - after);
        const auto is  = got.substr(before, was.size());
        if (was.substr(1) == is.substr(0, is.size() - 1) && (was[0] == is.back() || before + after == 0))
            return Slip::shifted_digit;
        if (is.substr(1) == was.substr(0, was.size() - 1) && (is[0] == was.back() || before + after == 0))
            return Slip::shifted_digit;
    }
    return Slip::other;
}

}  // namespace detail

/// The first class of Slip, in their order, that fits an answer to a problem of an ArithmeticIn. Carries are those of
/// sums, and of differences that are not below zero.
template <class Task>
Slip slip_of(Task const& task, Example const& truth, std::string_view answer) {
    if (task.correct(truth, answer)) return Slip::none;
    if (truth.answer.starts_with(answer)) return Slip::early_stop;
    const auto right = Task::number(truth.answer), got = Task::number(answer);
    if (!right || !got) return Slip::format_break;
    if (*right == *got) return Slip::wrong_steps;
    if (right->starts_with('-') != got->starts_with('-')) return Slip::other;
    if (Task::sign != '*' && !right->starts_with('-')) {
        const auto [a, b]     = Task::numbers(truth.prompt);
        const auto into       = detail::carries(a, Task::sign, b);
        const auto difference = digits::subtract(*right, *got);
        const bool less       = !difference.starts_with('-');
        const auto size       = std::string_view(difference).substr(!less);
        const bool forgotten  = less == (Task::sign == '+');
        if (size != "0" && detail::of_carries(size, into, forgotten ? '1' : '0'))
            return forgotten ? Slip::dropped_carry : Slip::false_carry;
    }
    return detail::slip_of_digits(*Task::format::number(truth.answer), *Task::format::number(answer));
}

}  // namespace rung
