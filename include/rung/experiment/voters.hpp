#pragma once
// Several models of one kind that learn the same from different seeds, so that they err each in its own way: what
// Agreement compares (Lee et al., "Self-improving transformers", ICML 2025, section 5.2).

#include <concepts>
#include <cstdint>
#include <memory>
#include <vector>

#include "rung/experiment/train.hpp"

namespace rung {

/// Models with a context and a trainer each. They learn at the same time, see together.hpp, and answer in turn.
/// Iterates over the trainers.
template <class Context, class Model>
class Voters {
    struct Voter {
        Voter(typename Context::options_type const& options, TrainerOptions const& trainer_options)
            : ctx(options), model(ctx), trainer(ctx, model, trainer_options) {}
        Context                 ctx;
        Model                   model;
        Trainer<Context, Model> trainer;
    };

public:
    using trainer_type = Trainer<Context, Model>;

    /// @param like  a context on the same device: the first voter has its seed, and is what a single model would be
    Voters(Context const& like, int count, TrainerOptions const& options = {}) {
        RUNG_CHECK(count >= 1 && count <= 1000, "Voters: count; got ", count, ", wanted 1 to 1000");
        for (int k = 0; k < count; ++k) {
            auto own = like.options();
            own.seed = like.seed() ^ std::uint64_t(k) << 40;  // no seed that a person would give another run
            voters_.push_back(std::make_unique<Voter>(own, options));
        }
    }

    void archive(auto& all) {
        for (auto& voter : voters_) all(voter->trainer);
    }
    int           size() const { return int(voters_.size()); }
    trainer_type& operator[](int k) { return voters_[std::size_t(k)]->trainer; }

    class Iterator {
    public:
        using Place = typename std::vector<std::unique_ptr<Voter>>::iterator;
        explicit Iterator(Place at) : at_(at) {}
        trainer_type& operator*() const { return (*at_)->trainer; }
        Iterator&     operator++() { return ++at_, *this; }
        bool          operator==(Iterator const&) const = default;

    private:
        Place at_;
    };
    Iterator begin() { return Iterator(voters_.begin()); }
    Iterator end() { return Iterator(voters_.end()); }

private:
    std::vector<std::unique_ptr<Voter>> voters_;
};

/// Voters of a kind of model: auto voters = make_voters<Adder>(ctx, 5);
template <class Model, class Context>
Voters<Context, Model> make_voters(Context const& like, int count, TrainerOptions const& options = {}) {
    return {like, count, options};
}

/// Teaches them all at the same time, each what its own seed draws: the bits are those of train(trainer, source,
/// options) for each. What a test teaches, a curriculum, each has a copy of. What is watched, and returned, is their
/// mean loss.
template <class Context, class Model, class Source>
double train(Voters<Context, Model>& voters, Source&& source, TrainOptions const& options) {
    using Given             = std::remove_reference_t<Source>;
    constexpr bool testable = requires(Given & given, Context & ctx, Model & model) {
        given.test(ctx, model, EvaluateOptions{});
    };
    using Learns = Trainer<Context, Model>;
    std::vector<detail::Pupil<Learns, Given>> pupils;
    std::vector<std::remove_const_t<Given>>   own;
    if constexpr (testable) {
        static_assert(std::copy_constructible<Given>,
                      "train: a source with tests must be copyable, because each of the voters has its own");
        if constexpr (requires { Given::borrows; })
            static_assert(!Given::borrows,
                          "train: each of the voters has a curriculum of its own, so a Lesson "
                          "must hold one: give it as a temporary");
        own.reserve(std::size_t(voters.size()));
        for (int k = 0; k < voters.size(); ++k) own.emplace_back(source);
    }
    for (int k = 0; k < voters.size(); ++k)
        pupils.emplace_back(voters[k], own.empty() ? source : own[std::size_t(k)], options.keep_best);
    return detail::train_in_step<Learns, Given>({pupils.data(), pupils.size()}, options);
}
template <class Context, class Model, class Task, class Curriculum>
double train(Voters<Context, Model>& voters, Task const& task, Curriculum&& curriculum,
             TrainOptions const& options) {
    static_assert(!Lesson<Task, Curriculum>::borrows,
                  "train: each of the voters has a curriculum of its own, and yours would learn nothing from "
                  "tests: give it as a temporary");
    detail::explain_fit<Model, Task>();
    Lesson lesson{task, std::remove_cvref_t<Curriculum>(std::forward<Curriculum>(curriculum))};
    detail::check_length<Model>("train", task, lesson.hardest());
    return train(voters, lesson, options);
}

}  // namespace rung
