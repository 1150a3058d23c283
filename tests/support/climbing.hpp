#pragma once
// A climb small enough for a test, and a look at what it kept.

#include <memory>
#include <string>
#include <vector>

#include "support/random.hpp"
#include "support/small.hpp"

namespace rung_test {

using Voter = Trainer<cpu::Context<>, SmallModel<>>;

inline ClimbOptions quick() {
    return {.rounds = 3, .prompts = 40, .steps = 4, .batch = 16, .peak = 1e-2, .test = {.to = 6, .each = 10}};
}

/// Models that have learnt a little, and their climb.
struct Climbing {
    explicit Climbing(ClimbOptions const& options, int count = 1, LabelFilter filter = NoFilter{},
                      int threads = 1)
        : ctx{{.threads = threads}}, voters(ctx, count) {
        for (auto& voter : voters)
            train(voter, Reverse{}, Uniform{1, 3}, {.steps = 60, .batch = 24, .peak = 1e-2});
        engine.reset(
            new Climb<Voter, Reverse>(climb(voters, Reverse{}, Uniform{1, 3}, std::move(filter), options)));
    }
    /// Everything there is, as bytes.
    std::string state() {
        Archive all;
        engine->archive(all);
        return all.bytes();
    }
    Climbing& finish() {
        while (!engine->ended()) engine->advance();
        return *this;
    }
    std::vector<Round> const&       rounds() const { return engine->rounds(); }
    std::vector<LabelledSet> const& sets(int voter = 0) const { return engine->sets(voter); }

    cpu::Context<>                         ctx;
    Voters<cpu::Context<>, SmallModel<>>   voters;
    std::unique_ptr<Climb<Voter, Reverse>> engine;
};

inline std::vector<std::string> labels_of(LabelledSet const& set) {
    std::vector<std::string> all;
    for (auto const& label : set.labels) all.push_back(label.prompt + label.answer);
    return all;
}

}  // namespace rung_test
