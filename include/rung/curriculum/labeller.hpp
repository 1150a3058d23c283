#pragma once
// How a model answers the problems that it labels: once, the likeliest token each time, or several times, by chance or
// asked in other words, of which one answer is taken.

#include <algorithm>
#include <concepts>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/core/hash.hpp"
#include "rung/curriculum/policy.hpp"
#include "rung/eval/answer.hpp"

namespace rung {

template <class F>
struct explain_choice {
    static constexpr bool ok = std::is_invocable_r_v<std::size_t, F&, std::vector<Answer> const&>;
    static_assert(
        ok,
        "Labeller::choose: wanted `std::size_t(std::vector<rung::Answer> const&)`, the index of the "
        "answer that is the label");
};

template <class F>
struct explain_labeller {
    static constexpr bool ok = std::is_void_v<F>;
    static_assert(
        ok,
        "Labeller: wanted greedy_label() or another, or one whose members are named, such as "
        "rung::Labeller{.samples = 4, .temperature = 0.8}; a function of the answers is its `.choose`");
};

namespace detail {
/// The first member of an aggregate is what braces that are left out are for: what is no Labeller gets its sentence.
struct NoLabeller {
    NoLabeller() = default;
    template <class F>
        requires(!std::same_as<F, NoLabeller>)
    NoLabeller(F const&) { explain_labeller<F>(); }
};
}  // namespace detail

struct Labeller {
    [[no_unique_address]] detail::NoLabeller none        = {};
    int                                      samples     = 1;  ///< answers to each problem
    double                                   temperature = 0;  ///< 0: the likeliest token
    int                                      top_k       = 0;  ///< 0: of all tokens
    /// Which of a problem's answers is its label; empty: the first.
    Policy<std::size_t(std::vector<Answer> const&), explain_choice> choose = {};
    /// Wording 1 .. samples - 1 of a prompt, the same whenever it is asked for; empty: the prompt itself. A climb that
    /// goes on tells it from another by its type: two plain functions look alike.
    std::function<std::string(std::string const& prompt, int sample)> ask = {};
    /// What an answer to that wording says of the prompt itself, the text of an answer of any form: one may be cut off.
    /// Empty: the same.
    std::function<std::string(std::string const& prompt, std::string const& answer, int sample)> read = {};

    template <class F>
        requires(!std::same_as<F, Labeller>)
    void operator=(F const&) { explain_labeller<F>(); }
};

/// The likeliest token each time.
inline Labeller greedy_label() { return {}; }
/// One answer by chance.
inline Labeller sampled_label(double temperature, int top_k = 0) {
    return {.temperature = temperature, .top_k = top_k};
}
/// The answer that the model gives the highest probability, of several by chance; of those that ended, if any did.
inline Labeller best_of(int samples, double temperature, int top_k = 0) {
    Labeller labeller = sampled_label(temperature, top_k);
    labeller.samples  = samples;
    labeller.choose   = [](std::vector<Answer> const& answers) {
        const auto less = [](Answer const& a, Answer const& b) {
            return a.ended != b.ended ? b.ended : a.confidence < b.confidence;
        };
        return std::size_t(std::max_element(answers.begin(), answers.end(), less) - answers.begin());
    };
    return labeller;
}

namespace detail {
/// What a climb that goes on must find as it was.
[[gnu::cold, gnu::noinline]] inline std::string text_of(Labeller const& labeller) {
    return concat(labeller.samples, " at temperature ", exact_text(labeller.temperature), ", top_k ",
                  labeller.top_k, ", chosen by ", type_of(labeller.choose), ", asked by ",
                  type_of(labeller.ask), ", read by ", type_of(labeller.read));
}

inline bool same_answer(Answer const& a, Answer const& b) { return a.ended == b.ended && a.text == b.text; }

/// How many of the answers are this one.
inline int count_of(std::vector<Answer> const& answers, Answer const& answer) {
    return int(std::count_if(answers.begin(), answers.end(),
                             [&](Answer const& other) { return same_answer(answer, other); }));
}
/// The commonest answer; of equally common ones the first.
inline std::size_t commonest(std::vector<Answer> const& answers) {
    std::size_t best = 0;
    int         most = 0;
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (const int count = count_of(answers, answers[i]); count > most) most = count, best = i;
    return best;
}
}  // namespace detail

/// The commonest of several answers by chance: what SelfConsistency looks at.
inline Labeller commonest_of(int samples, double temperature, int top_k = 0) {
    return {.samples = samples, .temperature = temperature, .top_k = top_k, .choose = detail::commonest};
}

/// The likeliest answer to the problem itself, which is the label, with its confidence; its consistency is the share of
/// all wordings that are answered alike, so SelfConsistency{1} keeps what all agree on. A model that misreads a problem
/// rarely does so twice in the same way. Throws unless there is an `ask`, and at least two wordings.
/// @param ask      see Labeller::ask: swapped_sum, turned_maze
/// @param read     see Labeller::read, if their answers differ: turned_way
/// @param samples  wordings, the problem's own among them
inline Labeller reworded(decltype(Labeller::ask) ask, decltype(Labeller::read) read = {}, int samples = 2) {
    RUNG_CHECK(ask && samples >= 2, "reworded: ask and samples; got ", ask ? "a function" : "none", " and ",
               samples, ", wanted a function of a prompt and a number, and at least 2");
    return {.samples = samples, .ask = std::move(ask), .read = std::move(read)};
}

}  // namespace rung
