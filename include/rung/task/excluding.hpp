#pragma once
// A task without some of its problems: those with a digit at a place, those of a list, or what a rule of one's own
// names, as "Teaching arithmetic to small transformers" (Lee et al., ICLR 2024) leaves numbers and digits out of
// training to see whether they are learnt nevertheless.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rung/core/hash.hpp"
#include "rung/task/digits.hpp"
#include "rung/task/task.hpp"

namespace rung {

template <class Rule>
concept RefusesExamples = requires(Rule const rule, Example const& example) {
    { rule(example) } -> std::convertible_to<bool>;
};
/// Of tasks that say which two numbers a prompt is about.
template <class Rule, class Task>
concept RefusesNumbers = requires(Rule const rule, std::string_view prompt) {
    { rule(Task::numbers(prompt).first, Task::numbers(prompt).second) } -> std::convertible_to<bool>;
};

/// Draws again while the rule says so: Excluding{PlainAddition{}, DigitAt{5, 0}}.
template <class Task, class Rule>
struct Excluding : Task {
    static_assert(
        RefusesExamples<Rule> || RefusesNumbers<Rule, Task>,
        "Excluding: the rule needs `bool operator()(rung::Example const&) const`, or of a task with "
        "`numbers` `bool operator()(std::string_view a, std::string_view b) const`, true for what is "
        "left out (is yours missing the final const?)");

    Rule rule{};

    bool excludes(Example const& example) const {
        if constexpr (requires { Task::excludes(example); })
            if (Task::excludes(example)) return true;
        if constexpr (RefusesExamples<Rule>) {
            return rule(example);
        } else {
            const auto [a, b]   = Task::numbers(example.prompt);
            const auto as_value = [](std::string_view n) { return n.empty() ? n : digits::trimmed(n); };
            return rule(as_value(a), as_value(b));  // zeros in front are the format's
        }
    }
    Example sample(Rng& rng, Difficulty difficulty) const {
        constexpr int most = 100'000;
        for (int i = 0; i < most; ++i) {
            Example example = rung::sample(static_cast<Task const&>(*this), rng, difficulty);
            if (!excludes(example)) return example;
        }
        throw Error("Excluding: difficulty " + difficulty.text() +
                    "; got no problem that the rule allows in " + std::to_string(most) +
                    " draws, wanted at least 1 (where all of a difficulty are left out, tests begin "
                    "past it: EvaluateOptions::from)");
    }
    /// What is around this one may not go past it.
    template <class... Any>
    Example     sample_digits(Any&&...) const = delete;
    std::string name() const {
        return detail::value_name(static_cast<Task const&>(*this)) + ", " + detail::value_name(rule);
    }
};

template <class Task, class Rule>
Excluding(Task, Rule) -> Excluding<Task, Rule>;

/// Rule: numbers with this digit at this place, counted from the units, 0; at any place by default.
struct DigitAt {
    int digit = 5, place = any;

    static constexpr int any = -1;

    bool operator()(std::string_view a, std::string_view b) const {
        RUNG_CHECK(digit >= 0 && digit <= 9 && place >= any, "DigitAt: digit and place; got ", digit, " and ",
                   place, ", wanted 0 to 9 and at least ", any, ", which is any place");
        return has(a) || has(b);
    }

private:
    bool has(std::string_view number) const {
        const char c = char('0' + digit);
        if (place == any) return number.find(c) != std::string_view::npos;
        return place < int(number.size()) && number[number.size() - 1 - std::size_t(place)] == c;
    }
};

/// Rule: these pairs of numbers, in this order, without zeros in front.
class Pairs {
public:
    using Pair = std::pair<std::string, std::string>;

    Pairs() = default;
    explicit Pairs(std::vector<Pair> pairs) : sorted_(std::move(pairs)) {
        std::sort(sorted_.begin(), sorted_.end());
    }

    bool operator()(std::string_view a, std::string_view b) const {
        const auto at = std::lower_bound(
            sorted_.begin(), sorted_.end(), std::pair(a, b), [](Pair const& pair, auto const& asked) {
                return std::pair<std::string_view, std::string_view>(pair) < asked;
            });
        return at != sorted_.end() && at->first == a && at->second == b;
    }
    std::string name() const {
        std::uint64_t all = 0;
        for (auto const& [a, b] : sorted_) all = hash_of(b, hash_of(a, all));
        return detail::hash_text(all);
    }

private:
    std::vector<Pair> sorted_;
};

/// Rule: these prompts.
class Prompts {
public:
    Prompts() = default;
    explicit Prompts(std::vector<std::string> prompts) : sorted_(std::move(prompts)) {
        std::sort(sorted_.begin(), sorted_.end());
    }

    bool operator()(Example const& example) const {
        return std::binary_search(sorted_.begin(), sorted_.end(), example.prompt);
    }
    std::string name() const {
        std::uint64_t all = 0;
        for (auto const& prompt : sorted_) all = hash_of(prompt, all);
        return detail::hash_text(all);
    }

private:
    std::vector<std::string> sorted_;
};

}  // namespace rung
