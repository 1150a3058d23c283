#pragma once
// Several sources in one stream, each as often as its weight says, which may change with the steps of training.

#include <concepts>
#include <functional>
#include <tuple>

#include "rung/data/pick.hpp"
#include "rung/data/source.hpp"

namespace rung {

/// Weights of sources, in their order: {3, 1}, or any function of the step that returns as many.
class MixtureWeights {
public:
    MixtureWeights(std::initializer_list<double> weights) : constant_(weights) {}
    template <std::invocable<int> F>
    MixtureWeights(F weights) : by_step_(std::move(weights)) {}

    std::vector<double> at(int step) const { return by_step_ ? by_step_(step) : constant_; }

private:
    std::vector<double>                          constant_;
    std::function<std::vector<double>(int step)> by_step_;
};

/// A source that changes by the scores of tests alone.
template <class S>
concept WaitsForTests = requires {
    requires S::needs_tests;
};

/// train(trainer, Mixture{{3, 1}, Lesson{sums, Uniform{1, 8}}, set}, options). Holds its sources, or of those that are
/// handed to it as lvalues, references. All write in one vocabulary: tasks of different alphabets are put into a common
/// one, see InAlphabet.
template <class... Sources>
class Mixture {
    template <class S>
    using Bare = std::remove_cvref_t<S>;

public:
    static_assert(sizeof...(Sources) >= 1, "Mixture: give it at least one source, after the weights");
    static_assert((explain_source<Bare<Sources>>::ok && ...));
    static constexpr int vocab = std::get<0>(std::tuple{Bare<Sources>::vocab...});
    static_assert(((Bare<Sources>::vocab == vocab) && ...),
                  "Mixture: the sources must have one vocabulary: put their tasks into a common alphabet, "
                  "rung::InAlphabet<Task, rung::CommonAlphabet<Tasks...>>");
    static_assert(!(WaitsForTests<Bare<Sources>> || ...),
                  "Mixture: a curriculum that moves on by the scores of tests would never move on, because a "
                  "mixture has none: give it one that looks at the step, such as rung::Staged");

    template <class... Given>
    explicit Mixture(MixtureWeights weights, Given&&... sources)
        : weights_(std::move(weights)), sources_(std::forward<Given>(sources)...) {
        sums(0);  // a wrong number of weights is seen at once
    }

    Item draw(Rng& rng, int step, Answering answering) const {
        const std::size_t chosen = detail::pick(rng, sums(step));
        Item              item;
        std::size_t       i    = 0;
        const auto        from = [&](auto const& source) {
            if (i++ == chosen) item = source.draw(rng, step, answering);
        };
        std::apply([&](auto const&... source) { (from(source), ...); }, sources_);
        return item;
    }
    int longest() const {
        return std::apply([](auto const&... source) { return std::max({source.longest()...}); }, sources_);
    }

private:
    std::vector<double> sums(int step) const {
        const auto weights = weights_.at(step);
        RUNG_CHECK(weights.size() == sizeof...(Sources), "Mixture: weights at step ", step, "; got ",
                   weights.size(), ", wanted one for each of ", sizeof...(Sources), " sources");
        return detail::sums_of("Mixture", weights);
    }

    MixtureWeights         weights_;
    std::tuple<Sources...> sources_;
};

template <class... Sources>
Mixture(MixtureWeights, Sources&&...) -> Mixture<Sources...>;

}  // namespace rung
