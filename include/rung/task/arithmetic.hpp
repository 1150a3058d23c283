#pragma once
// What addition, subtraction and multiplication have in common: how operands are drawn, written and judged.

#include "rung/core/hash.hpp"
#include "rung/task/format.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// How the lengths of the two numbers are drawn at difficulty n.
enum class Operands {
    equal,  ///< both have n digits, as in the evaluation and the rounds of "Self-improving transformers"
    mixed,  ///< one has n digits, the other 1 to n, in either order
    any,    ///< each is uniform below 10^n, as in the tests of "Teaching arithmetic": few have fewer digits
    half_equal,  ///< as equal or as mixed, with even chances
};

/// What of an answer has to be right.
enum class Judge {
    final_answer,  ///< the number that it ends in, by its value
    every_step,    ///< all of its text
};

template <class F>
concept WritesSums = requires(std::string_view a, int n) {
    { F::alphabet } -> std::convertible_to<std::string_view>;
    { F::write(a, a) } -> std::same_as<Example>;
    { F::longest(n) } -> std::convertible_to<int>;
};
template <class F, class Problem>
concept WritesProblems = requires(Problem const problem, std::string_view answer, Rng* rng) {
    { F::marks } -> std::convertible_to<std::string_view>;
    { F::write(problem, rng) } -> std::same_as<Example>;
    { F::template longest<Problem>(1, 1) } -> std::convertible_to<int>;
    { F::number(answer) } -> std::same_as<std::optional<std::string>>;
};

namespace detail {

template <class Problem, class Format>
inline constexpr Letters letters_of = [] {
    if constexpr (WritesProblems<Format, Problem>)
        return Letters{}.with("0123456789").with({&Problem::sign, 1}).with(Format::marks);
    else return Letters{};
}();

template <class Problem, class Format>
constexpr std::string_view alphabet_of() {
    if constexpr (WritesProblems<Format, Problem>) return letters_of<Problem, Format>.view();
    else if constexpr (WritesSums<Format>) return Format::alphabet;
    else return {};
}

}  // namespace detail

/// A task of Plus, Minus or Times, written in a format.
template <class Problem, class Format>
struct ArithmeticIn {
    using format                  = Format;
    static constexpr bool written = WritesProblems<Format, Problem>;
    static_assert(
        written || WritesSums<Format>,
        "Format: a format of one's own needs `static constexpr std::string_view alphabet`, `static "
        "rung::Example write(a, b)` and `static int longest(int digits)` (of the library's, not every "
        "one writes every operation)");
    static_assert(
        written || Problem::sign == '+',
        "Format: `write(a, b)` writes sums; one of differences or products needs the members of a full "
        "format (see format.hpp), `write(problem, rng)` among them");
    static constexpr std::string_view alphabet = detail::alphabet_of<Problem, Format>();
    static constexpr int              vocab    = vocab_size(alphabet);
    static constexpr char             sign     = Problem::sign;

    Operands operands = Operands::equal;
    Judge    judge    = Judge::final_answer;

    Example sample(Rng& rng, int difficulty) const {
        if (operands == Operands::any) return sample_below(rng, difficulty);
        int        a = difficulty, b = difficulty;
        const bool mixed =
            operands == Operands::mixed || (operands == Operands::half_equal && rng.chance(0.5));
        if (mixed) (rng.chance(0.5) ? a : b) = rng.between(1, difficulty);
        return sample_digits(rng, a, b);
    }
    /// The problem of numbers of exactly so many digits.
    Example sample_digits(Rng& rng, int a, int b) const {
        const std::string first = digits::random(rng, a), second = digits::random(rng, b);  // in this order
        return write(first, second, &rng);
    }
    /// The problem of a and b, most significant digit first, of any length. What a format leaves to chance is left out.
    Example example(std::string_view a, std::string_view b) const {
        digits::check(a, Problem::name);
        digits::check(b, Problem::name);
        return write(a, b, nullptr);
    }
    constexpr int longest(int n) const {
        const int equal = longest_of(n, n);
        if (operands == Operands::equal || n == 1) return equal;
        return std::max({equal, longest_of(n - 1, n), longest_of(n, n - 1)});
    }
    /// The most characters of prompt and answer for numbers of exactly so many digits.
    static constexpr int longest_of(int a, int b) {
        if constexpr (written) return Format::template longest<Problem>(a, b);
        else return Format::longest(std::max(a, b));
    }
    bool correct(Example const& truth, std::string_view answer) const {
        if (answer == truth.answer) return true;
        if constexpr (written) {
            if (judge == Judge::every_step) return false;
            const auto got = number(answer), wanted = number(truth.answer);
            if (!got || got != wanted) return false;
            if constexpr (requires { Format::same_hints(answer, answer); })
                return Format::same_hints(answer, truth.answer);
            return true;
        }
        return false;
    }
    /// The number that an answer means, most significant digit first without zeros in front; nothing if its form is
    /// broken.
    static std::optional<std::string> number(std::string_view answer) requires written {
        const auto number = Format::number(answer);
        const bool signs  = number && number->starts_with('-');
        if (!number || !digits::is_number(std::string_view(*number).substr(signs))) return {};
        return digits::canonical(*number);
    }
    /// Of the pairs of numbers of so many digits, however they are written; one of zero is not counted.
    static std::optional<Ordinal> ordinal(std::string_view prompt) requires written {
        const auto [a, b] = numbers(prompt);
        if (a.empty() || b.empty()) return {};
        return ordinal_of_both(ordinal_of_number(digits::trimmed(a)), ordinal_of_number(digits::trimmed(b)));
    }
    /// The two numbers of a prompt, most significant digit first.
    static std::pair<std::string, std::string> numbers(std::string_view prompt) requires written {
        return detail::read_operands(prompt, Problem::sign, Format::operands);
    }

private:
    static Example write(std::string_view a, std::string_view b, Rng* rng) {
        if constexpr (written) return Format::write(Problem::of(a, b), rng);
        else return Format::write(a, b);
    }
    static Example sample_below(Rng& rng, int n) {
        const std::string a = digits::random_below(rng, n), b = digits::random_below(rng, n);
        return write(digits::trimmed(a), digits::trimmed(b), &rng);
    }
};

/// The same task with the digits of its two numbers as two difficulties: for grids of both.
template <class Task>
struct ByOperand : Task {
    static_assert(
        requires(Task const task, Rng& rng) {
            { task.sample_digits(rng, 1, 1) } -> std::same_as<Example>;
            { Task::longest_of(1, 1) } -> std::convertible_to<int>;
        },
        "ByOperand: a task of two numbers, with `rung::Example sample_digits(rung::Rng&, int a, int b) "
        "const` and `static int longest_of(int a, int b)`");

    static constexpr std::array<std::string_view, 2> axes{"digits of a", "digits of b"};

    Example       sample(Rng& rng, Difficulty n) const { return Task::sample_digits(rng, n.first, n.second); }
    constexpr int longest(Difficulty n) const { return Task::longest_of(n.first, n.second); }
    std::string   name() const { return detail::value_name(static_cast<Task const&>(*this)); }
};

}  // namespace rung
