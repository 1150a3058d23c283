#pragma once
// Several models of one kind that learn the same from different seeds, so that they err each in its own way: what
// Agreement compares (Lee et al., "Self-improving transformers", ICML 2025, section 5.2).

#include <cstdint>
#include <memory>
#include <vector>

#include "rung/train/trainer.hpp"

namespace rung {

/// Models with a context and a trainer each, which learn and answer in turn, each with all threads or the whole device.
/// Iterates over the trainers:
/// for (auto& trainer : voters) train(trainer, task, lengths, options);
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

}  // namespace rung
