#pragma once
// A task whose problems are dealt out once and for all: what tests ask is never trained on, however few problems there
// are. Streams of different purposes never overlap, but they may draw the same problem; of one-digit sums they do.

#include "rung/core/hash.hpp"
#include "rung/data/permutation.hpp"
#include "rung/data/problem.hpp"
#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// Who may see a problem.
enum class Side {
    training,  ///< and whatever is not one of the others
    self_improvement,
    evaluation,
};
inline Side side_of(Purpose purpose) {
    if (purpose == Purpose::evaluation) return Side::evaluation;
    return purpose == Purpose::self_improvement ? Side::self_improvement : Side::training;
}

/// A task that can tell which of how many problems a prompt is.
template <class T>
concept CountsProblems = requires(T const task, std::string_view prompt) {
    { task.ordinal(prompt) } -> std::same_as<std::optional<Ordinal>>;
};

namespace detail {

/// Of `count` problems in a random order, those first are for tests, then those for self-improvement: an eighth each,
/// and one at least. The rest is for training.
constexpr Side side_at(std::uint64_t place, std::uint64_t count) {
    const std::uint64_t share = count < 8 ? 1 : count / 8;
    return place < share ? Side::evaluation : place < 2 * share ? Side::self_improvement : Side::training;
}

}  // namespace detail

/// Draws again until the problem is on the side that the stream is for, which its Rng's purpose says: a side's problems
/// come as often, beside each other, as the task draws them. Where the task counts its problems (an optional member
/// `std::optional<rung::Ordinal> ordinal(std::string_view prompt) const`), a permutation of them decides, and each side
/// has one if there are three; otherwise a hash of the prompt does. Both depend on the problem alone, not on the seed
/// of a run, its curriculum or what else is left out: two programs agree, and so do
/// tasks of the same numbers, however they write them; other tasks only where their prompts are the same. a + b and
/// b + a are two problems.
/// Put it around tasks that draw for themselves, such as ByOperand: it is their `sample` that is asked again.
template <class Task>
struct Apart : Task {
    std::uint64_t split = 0;  ///< another number splits otherwise

    Side side(std::string_view prompt) const {
        if constexpr (CountsProblems<Task>)
            if (const auto ordinal = Task::ordinal(prompt)) {
                RUNG_CHECK(ordinal->count >= 3, "Apart: problems of ", type_name<Task>(), " of difficulty ",
                           ordinal->size.text(), "; got ", ordinal->count,
                           ", wanted at least 3: for training, self-improvement and evaluation");
                const std::uint64_t key = hash_of(ordinal->size.text(), split);
                return detail::side_at(Permutation(ordinal->count, key)(ordinal->index), ordinal->count);
            }
        return detail::side_at(hash_of(detail::problem_of<Task>(prompt), split) % 8, 8);
    }
    Example sample(Rng& rng, Difficulty difficulty) const {
        constexpr int most   = 10'000;
        const Side    wanted = side_of(rng.purpose());
        for (int i = 0; i < most; ++i) {
            Example example = rung::sample(static_cast<Task const&>(*this), rng, difficulty);
            if (side(example.prompt) == wanted) return example;
        }
        throw Error("Apart: problems of " + std::string(type_name<Task>()) + " of difficulty " +
                    difficulty.text() + " for " +
                    (wanted == Side::training     ? "training"
                     : wanted == Side::evaluation ? "evaluation"
                                                  : "self-improvement") +
                    "; got none in " + std::to_string(most) + " draws, wanted more than a few problems");
    }
    /// What is around this one may not go past it.
    template <class... Any>
    Example     sample_digits(Any&&...) const = delete;
    std::string name() const {
        return detail::value_name(static_cast<Task const&>(*this)) + ", split " + std::to_string(split);
    }
};

template <class Task>
Apart(Task) -> Apart<Task>;
template <class Task>
Apart(Task, std::uint64_t) -> Apart<Task>;

}  // namespace rung
