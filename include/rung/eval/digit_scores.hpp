#pragma once
// Which digits of a number are right: by its length, and by the place of the digit from the units.
//
//     DigitScores digits{task};
//     evaluate(ctx, model, task, {.to = 20, .watch = std::ref(digits)});
//     std::cout << digits;

#include <algorithm>
#include <iomanip>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "rung/eval/evaluate.hpp"

namespace rung {

namespace detail {
template <class Task>
concept OfTwoNumbers = requires(std::string_view text) {
    { Task::format::number(text) } -> std::same_as<std::optional<std::string>>;
    Task::numbers(text);
};
}  // namespace detail

/// Digits are those that the right answer writes, zeros in front among them, its sign not; a digit that an answer does
/// not reach is wrong, and so are all digits of an answer whose form is broken, or that did not end. The highest is
/// wrong too where an answer goes on beyond it, zeros aside: of 142 for 42 the units alone are right, so that all are
/// of right numbers only, or of their opposites. Of a task that is not of two numbers: characters of its answer, from
/// the first that is written.
template <class Task>
class DigitScores {
public:
    DigitScores() = default;
    explicit DigitScores(Task const&) {}

    void operator()(Answered const& answered) {
        const std::string want = digits(answered.truth.answer),
                          got  = answered.answer.ended ? digits(answered.answer.text) : "";
        const bool longer      = got.find_first_not_of(past, want.size()) != std::string::npos;
        if (by_length_.size() <= want.size()) by_length_.resize(want.size() + 1);
        auto& scores = by_length_[want.size()].scores;
        for (std::size_t place = 0; place < want.size(); ++place) {
            if (scores.size() == place) scores.push_back({.difficulty = int(place)});
            ++scores[place].count;
            scores[place].correct +=
                place < got.size() && got[place] == want[place] && !(longer && place + 1 == want.size());
        }
    }

    /// Of right numbers of so many digits; `difficulty` is the place: 0 the units, 1 the tens.
    Report of_length(int digits) const {
        const bool seen = digits >= 0 && std::size_t(digits) < by_length_.size();
        return seen ? by_length_[std::size_t(digits)] : Report{};
    }
    /// Of all numbers.
    Report all() const {
        Report sum;
        for (auto const& report : by_length_)
            for (std::size_t place = 0; place < report.scores.size(); ++place) {
                if (sum.scores.size() == place) sum.scores.push_back({.difficulty = int(place)});
                sum.scores[place].count += report.scores[place].count;
                sum.scores[place].correct += report.scores[place].correct;
            }
        return sum;
    }
    /// Digits of the longest right number so far; 0 before the first.
    int longest() const { return std::max(0, int(by_length_.size()) - 1); }

private:
    /// What may follow the highest digit: zeros in front of a number change nothing.
    static constexpr char const* past = detail::OfTwoNumbers<Task> ? "0" : "";

    /// By place. None if there is no number.
    static std::string digits(std::string_view answer) {
        if constexpr (detail::OfTwoNumbers<Task>) {
            std::string number = Task::format::number(answer).value_or("");
            if (number.starts_with('-')) number.erase(0, 1);
            std::reverse(number.begin(), number.end());
            return number;
        } else {
            return std::string(answer);
        }
    }

    std::vector<Report> by_length_;
};

template <class Task>
std::ostream& operator<<(std::ostream& out, DigitScores<Task> const& scores) {
    const auto flags  = out.flags();
    const auto digits = out.precision();
    out << "digits  answers  right at place 0, 1, ... from the "
        << (detail::OfTwoNumbers<Task> ? "units" : "first") << '\n'
        << std::fixed << std::setprecision(3);
    for (int length = 1; length <= scores.longest(); ++length) {
        const Report report = scores.of_length(length);
        if (report.scores.empty()) continue;
        out << std::setw(6) << length << std::setw(9) << report.scores[0].count << ' ';
        for (auto const& score : report.scores) out << ' ' << score.exact_match();
        out << '\n';
    }
    out.flags(flags);
    out.precision(digits);
    return out;
}

}  // namespace rung
