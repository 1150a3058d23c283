#pragma once
// What a task is: an alphabet, a way to write one problem of a given difficulty, and how long that can get.

#include <array>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>

#include "rung/core/hash.hpp"
#include "rung/core/rng.hpp"
#include "rung/task/difficulty.hpp"
#include "rung/task/words.hpp"

namespace rung {

/// One problem as text. The end token that follows the answer is the papers' newline.
struct Example {
    std::string prompt, answer;
    bool        operator==(Example const&) const = default;
};

/// The position id of a text's last character, a function of the text up to there alone: at least 0, and below the
/// context of a model that is to read it. The begin token before it has 0.
using Place = std::function<int(std::string_view text)>;

/// What stands for each character of an answer that is read at once, where a `Place` is asked about it.
inline constexpr char blank = '\n';

/// Tokens a task needs: one per character, and pad, begin, end.
constexpr int vocab_size(std::string_view alphabet) { return int(alphabet.size()) + 3; }

template <class T>
concept HasAlphabet = requires {
    { T::alphabet } -> std::convertible_to<std::string_view>;
};
template <class T>
concept HasWords = requires {
    T::words;
};
template <class T>
concept ListsWords = requires {
    std::span<std::string_view const>(T::words);
};

/// Tokens a task needs: its alphabet's, its words', and pad, begin, end.
template <class T>
constexpr int vocab_size() {
    if constexpr (HasWords<T>) return vocab_size(T::alphabet) + int(std::size(T::words));
    else return vocab_size(T::alphabet);
}

/// A task whose problems are hard along two axes names them: `static constexpr std::array<std::string_view, 2>
/// axes{"nodes", "hops"}`. Its `sample` and `longest` take a Difficulty, or an aggregate of two int of its own.
template <class T>
concept HasAxes = requires {
    T::axes;
};
template <class T>
concept NamesTwoAxes = requires {
    { T::axes } -> std::convertible_to<std::array<std::string_view, 2>>;
};
template <class T>
concept CanSampleByOne = requires(T const task, Rng& rng, int difficulty) {
    { task.sample(rng, difficulty) } -> std::same_as<Example>;
};
template <class T>
concept CanSampleByTwo = requires(T const task, Rng& rng, int difficulty) {
    { task.sample(rng, {difficulty, difficulty}) } -> std::same_as<Example>;
};
template <class T>
concept CanSample = (HasAxes<T> ? CanSampleByTwo<T> : CanSampleByOne<T>);
template <class T>
concept KnowsLengthByOne = requires(T const task, int difficulty) {
    { task.longest(difficulty) } -> std::convertible_to<int>;
};
template <class T>
concept KnowsLengthByTwo = requires(T const task, int difficulty) {
    { task.longest({difficulty, difficulty}) } -> std::convertible_to<int>;
};
template <class T>
concept KnowsItsLength = (HasAxes<T> ? KnowsLengthByTwo<T> : KnowsLengthByOne<T>);
template <class T>
concept JudgesAnswers = requires(T const task, Example const& truth, std::string_view answer) {
    { task.correct(truth, answer) } -> std::convertible_to<bool>;
};

template <class T>
concept HasCorrect = requires {
    &T::correct;
};

/// A task that numbers its characters itself: those of one id share what a positional scheme looks up. Without it they
/// are 1, 2, 3 and so on.
template <class T>
concept NamesPlaces = requires(T const task, std::string_view text) {
    { task.place(text) } -> std::same_as<int>;
};
template <class T>
concept HasPlace = requires {
    &T::place;
};

/// A task that leaves tokens out of the loss, beside what Grade leaves out: whether the last token of a text, of a
/// prompt and an answer up to there, is graded. The end of an answer is whatever it says.
template <class T>
concept MasksLoss = requires(T const task, std::string_view text) {
    { task.graded(text) } -> std::same_as<bool>;
};
template <class T>
concept HasGraded = requires {
    &T::graded;
};

/// A task writes one example at a given difficulty and knows how long that can get.
template <class T>
concept Task = HasAlphabet<T> && CanSample<T> && KnowsItsLength<T>;

/// Names what a task lacks.
template <class T>
struct explain_task {
    static_assert(
        HasAlphabet<T>,
        "Task: add `static constexpr std::string_view alphabet`, every character the task may write");
    static_assert(!HasWords<T> || ListsWords<T>,
                  "Task: make `words` a `static constexpr std::array<std::string_view, n>`, the tokens of "
                  "several characters, such as rung::number_words<10, 99>");
    static_assert(!HasAxes<T> || NamesTwoAxes<T>,
                  "Task: make `axes` a `static constexpr std::array<std::string_view, 2>`, the names of its "
                  "two difficulties (a task of one needs none)");
    static_assert(HasAxes<T> || CanSampleByOne<T>,
                  "Task: add `rung::Example sample(rung::Rng&, int difficulty) const` (is yours missing the "
                  "final const?)");
    static_assert(
        !HasAxes<T> || CanSampleByTwo<T>,
        "Task: add `rung::Example sample(rung::Rng&, rung::Difficulty) const`, for its two axes (an "
        "aggregate of two int will do; is yours missing the final const?)");
    static_assert(
        HasAxes<T> || KnowsLengthByOne<T>,
        "Task: add `int longest(int difficulty) const`, the most characters of prompt and answer together");
    static_assert(!HasAxes<T> || KnowsLengthByTwo<T>,
                  "Task: add `int longest(rung::Difficulty) const`, the most tokens of prompt and answer "
                  "together");
    static_assert(!HasCorrect<T> || JudgesAnswers<T>,
                  "Task: make it `bool correct(rung::Example const& truth, std::string_view answer) const`, "
                  "whether an answer counts (is yours missing the final const?)");
    static_assert(
        !HasPlace<T> || NamesPlaces<T>,
        "Task: make it `int place(std::string_view text) const`, the position id of the text's last "
        "character (is yours missing the final const?)");
    static_assert(
        !HasGraded<T> || MasksLoss<T>,
        "Task: make it `bool graded(std::string_view text) const`, whether the loss counts the text's last "
        "token (is yours missing the final const?)");
    static constexpr bool ok = true;
};

namespace detail {

/// In a handler: says of what a task's own function threw whose it was, and what it was asked.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail_in(std::string_view task, char const* function,
                                                           std::string_view asked) {
    rethrow_from(join({task, ": ", function, asked, ": "}));
}

template <class T>
constexpr void check_axes(Difficulty difficulty) {
    if constexpr (HasAxes<T>) {
        RUNG_CHECK(difficulty.second != 0, "Task: difficulty; got ", difficulty.first,
                   ", wanted two numbers, ", T::axes[0], " and ", T::axes[1]);
    } else {
        RUNG_CHECK(difficulty.second == 0, "Task: difficulty; got ", difficulty.text(),
                   ", wanted one number");
    }
}

}  // namespace detail

/// Tokens of a text of the task's.
template <class T>
int tokens_in(std::string_view text) {
    if constexpr (HasWords<T>) {
        static const Words words{T::words};
        int                count = 0;
        for (std::size_t at = 0; at < text.size(); ++count) {
            const int word = words.match(text.substr(at));
            at += word < 0 ? 1 : words[word].size();
        }
        return count;
    } else {
        return int(text.size());
    }
}

/// The most tokens of prompt and answer together that a problem of this difficulty can take; at compile time too, where
/// the task's own is constexpr, as all of the library's are: Shape{.context = longest(Copy{}, 20) + 1} has room for the
/// begin token before them.
template <class T>
constexpr int longest(T const& task, Difficulty difficulty) {
    detail::check_axes<T>(difficulty);
    if constexpr (HasAxes<T>) return task.longest({difficulty.first, difficulty.second});
    else return task.longest(difficulty.first);
}

/// A sample that keeps the task's own word: what is longer than `longest` would be cut where lengths are planned.
template <class T>
Example sample(T const& task, Rng& rng, Difficulty difficulty) {
    detail::check_axes<T>(difficulty);
    Example example;
    try {
        if constexpr (HasAxes<T>) example = task.sample(rng, {difficulty.first, difficulty.second});
        else example = task.sample(rng, difficulty.first);
    } catch (...) {
        detail::fail_in(type_name<T>(), "sample of difficulty ", difficulty.text());
    }
    const int length = tokens_in<T>(example.prompt) + tokens_in<T>(example.answer);
    const int most   = longest(task, difficulty);
    RUNG_CHECK(length <= most, "Task: sample of difficulty ", difficulty.text(), "; got ", length,
               " characters, wanted at most ", most, ", what its `longest` promises");
    return example;
}

/// A task's own ids; empty where it has none. The task must outlive them: it has a name.
template <class T>
Place place_of(T const&&) = delete;
template <class T>
Place place_of(T const& task) {
    if constexpr (NamesPlaces<T>)
        return [&task](std::string_view text) {
            try {
                return task.place(text);
            } catch (...) {
                detail::fail_in(type_name<T>(), "place of ", text);
            }
        };
    else return {};
}

/// Whether the loss counts the last token of a text of the task's, which says so.
template <class T>
bool graded(T const& task, std::string_view text) try {
    return task.graded(text);
} catch (...) {
    detail::fail_in(type_name<T>(), "graded of ", text);
}

/// Whether an answer counts. Exact match, unless the task judges for itself with `bool correct(truth, answer)
/// const`.
template <class T>
bool correct(T const& task, Example const& truth, std::string_view answer) {
    if constexpr (JudgesAnswers<T>) try {
            return task.correct(truth, answer);
        } catch (...) {
            detail::fail_in(type_name<T>(), "correct of ", join({truth.prompt, answer}));
        }
    else return answer == truth.answer;
}

}  // namespace rung
