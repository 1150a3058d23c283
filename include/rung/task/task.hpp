#pragma once
// What a task is: an alphabet, a way to write one problem of a given difficulty, and how long that can get.

#include <concepts>
#include <functional>
#include <string>
#include <string_view>

#include "rung/core/rng.hpp"

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
concept CanSample = requires(T const task, Rng& rng, int difficulty) {
    { task.sample(rng, difficulty) } -> std::same_as<Example>;
};
template <class T>
concept KnowsItsLength = requires(T const task, int difficulty) {
    { task.longest(difficulty) } -> std::convertible_to<int>;
};
template <class T>
concept JudgesAnswers = requires(T const task, Example const& truth, std::string_view answer) {
    { task.correct(truth, answer) } -> std::convertible_to<bool>;
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

/// A task writes one example at a given difficulty and knows how long that can get.
template <class T>
concept Task = HasAlphabet<T> && CanSample<T> && KnowsItsLength<T>;

/// Names what a task lacks.
template <class T>
struct explain_task {
    static_assert(
        HasAlphabet<T>,
        "Task: add `static constexpr std::string_view alphabet`, every character the task may write");
    static_assert(CanSample<T>,
                  "Task: add `rung::Example sample(rung::Rng&, int difficulty) const` (is yours missing the "
                  "final const?)");
    static_assert(
        KnowsItsLength<T>,
        "Task: add `int longest(int difficulty) const`, the most characters of prompt and answer together");
    static_assert(
        !HasPlace<T> || NamesPlaces<T>,
        "Task: make it `int place(std::string_view text) const`, the position id of the text's last "
        "character (is yours missing the final const?)");
    static constexpr bool ok = true;
};

/// A sample that keeps the task's own word: what is longer than `longest` would be cut where lengths are planned.
template <class T>
Example sample(T const& task, Rng& rng, int difficulty) {
    Example   example = task.sample(rng, difficulty);
    const int length  = int(example.prompt.size() + example.answer.size());
    RUNG_CHECK(length <= task.longest(difficulty), "Task: sample of difficulty ", difficulty, "; got ",
               length, " characters, wanted at most ", task.longest(difficulty),
               ", what its `longest` promises");
    return example;
}

/// A task's own ids; empty where it has none. The task must outlive them.
template <class T>
Place place_of(T const& task) {
    if constexpr (NamesPlaces<T>) return [&task](std::string_view text) { return task.place(text); };
    else return {};
}

/// Whether an answer counts. Exact match, unless the task judges for itself with `bool correct(truth, answer)
/// const`.
template <class T>
bool correct(T const& task, Example const& truth, std::string_view answer) {
    if constexpr (JudgesAnswers<T>) return task.correct(truth, answer);
    else return answer == truth.answer;
}

}  // namespace rung
