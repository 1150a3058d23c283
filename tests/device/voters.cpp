// Several models on a GPU, which has the work of all of them before it is waited for. On an emulated GPU, or
// on a real one.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "support/emulated.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

template <class Context>
using Three = Voters<Context, SmallModel<>>;

template <class Context>
Three<Context> three() {
    auto voters = make_voters<SmallModel<>>(Context({.seed = 7}), 3);
    for (auto& voter : voters) voter.context().wait();  // their moments are zero
    return voters;
}
std::vector<std::uint64_t> bits_of(auto& voters) {
    std::vector<std::uint64_t> bits;
    for (auto& voter : voters) bits.push_back(rung_test::bits_of(voter.model().weights()));
    return bits;
}

/// How many drivers have work at the same time while work() runs. On a real GPU nobody can say.
template <class Work>
void check_at_once(int want, Work const& work) {
    const auto gpu = emulated::gpu();
    if (gpu) gpu->most_at_once = 0;
    work();
    if (gpu) CHECK(gpu->most_at_once == want);
}

}  // namespace

TEST_CASE_TEMPLATE("voters on a GPU are at work at the same time, with the bits of each alone", Real, float,
                   bf16) {
    using Context = cuda::Context<Real>;
    const TrainOptions options{.steps = 6, .batch = 12, .accumulate = 2};
    auto               alone = three<Context>(), together = three<Context>();
    double             loss = 0;
    check_at_once(1, [&] {
        for (auto& voter : alone) loss += train(voter, Reverse{}, Uniform{1, 4}, options) / 3;
    });
    check_at_once(3, [&] {
        CHECK(train(together, Reverse{}, Uniform{1, 4}, options) == doctest::Approx(loss).epsilon(1e-12));
    });
    CHECK(bits_of(together) == bits_of(alone));
}

TEST_CASE("voters that climb on a GPU are at work at the same time, and keep what they keep on the CPU") {
    const auto climbed = [](auto voters, auto const& watched) {
        std::set<std::string> kept;
        ClimbOptions          options{.rounds = 2, .prompts = 24, .steps = 8, .batch = 12, .test_every = 0};
        options.watch_labels = [&](int voter, LabelledSet const& set) {
            for (auto const& label : set.labels)
                kept.insert(concat(voter, ' ', label.prompt, label.answer, ' ', label.agreement));
        };
        train(voters, Reverse{}, Uniform{1, 3}, {.steps = 20, .batch = 24, .peak = 1e-2});
        watched([&] { self_improve(voters, Reverse{}, Uniform{1, 3}, Agreement{.least = 0.3}, options); });
        return kept;
    };
    const auto on_gpu = climbed(three<cuda::Context<>>(), [](auto const& climb) { check_at_once(3, climb); });
    const auto on_cpu = climbed(three<cpu::Context<>>(), [](auto const& climb) { climb(); });
    std::vector<std::string> both;
    std::set_intersection(on_gpu.begin(), on_gpu.end(), on_cpu.begin(), on_cpu.end(),
                          std::back_inserter(both));
    CHECK(on_cpu.size() > 50);
    CHECK(double(both.size()) > 0.9 * double(std::max(on_gpu.size(), on_cpu.size())));  // near ties may fall
    if (emulated::gpu()) CHECK(on_gpu == on_cpu);
}

TEST_CASE("of voters on a GPU one diverges: the others have learnt, and all can go on") {
    constexpr Index last   = SmallModel<>::parameters - 1;
    auto            voters = three<cuda::Context<>>();
    using Trainer          = decltype(voters)::trainer_type;
    detail::Together<Trainer> together({&voters[0], &voters[1], &voters[2]});
    const std::vector<Batch>  batches(3, small_batch(0));
    voters[1].model().weights()[last] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH_AS(together.step(batches, 1e-3), doctest::Contains("model 1 of 3: "), Diverged);
    CHECK(voters[0].steps() == 1);
    CHECK(voters[1].steps() == 0);
    CHECK(voters[2].steps() == 1);
    voters[1].model().weights()[last] = 0;
    CHECK(together.step(batches, 1e-3).rows == 3 * batches[0].rows);
    CHECK(voters[1].steps() == 1);
}
