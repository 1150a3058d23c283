// What runs beside the rest on a GPU, an emulated one, where branches are made as late as may be, or a real one.

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <set>

#include "device/three.hpp"
#include "rung/backend/cuda/branches.hpp"
#include "support/emulated.hpp"
#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

TEST_CASE("a branch comes after what was asked for before it, and before what follows join") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    fill(lane, x[0], 1);
    beside(lane, [&] { copy(lane, x[1], x[0]); });
    beside(lane, [&] { add(lane, x[2], x[0]); });
    join(lane);
    fill(lane, x[0], 2), add(lane, x[1], x[2]);
    gpu.wait();
    CHECK(x[1](0, 0) == 2);
    CHECK(x[0](0, 0) == 2);
}

TEST_CASE("a list joins the streams that it forked, and no other") {
    cuda::Branches branches;
    for (const int count : {1, 2, 3, 5, 1, 0}) {
        std::set<int> forked, joined;
        for (int i = 0; i < count; ++i) {
            branches.fork();
            forked.insert(branches.place);
            CHECK((branches.place >= 1 && branches.place <= cuda::Branches::most));
            branches.back();
            CHECK(branches.place == 0);
        }
        branches.join([&](int place) { joined.insert(place); });
        CHECK(joined == forked);
    }
}

TEST_CASE("sums beside are right however many counters they take") {
    cuda::Context<float> gpu;
    constexpr Index      N = 100, C = 70'000;  // over a thousand groups of columns
    Buffer<float>        x(N * C, cuda::shared_memory()), sums(3 * C, cuda::shared_memory());
    std::fill(x.begin(), x.end(), 1.0f);
    auto&            lane = gpu.lane();
    const Mat<float> all{x.data(), N, C};
    const auto       to = [&](int i) { return Mat<float>{sums.data() + i * C, 1, C}; };
    for (int step = 1; step <= 3; ++step) {
        lane.reset();
        fill(lane, all, float(step));
        for (int i = 0; i < 3; ++i) beside(lane, [&] { add_column_sums(lane, to(i), all); });
        join(lane);
        fill(lane, all, 0);
        add_column_sums(lane, to(0), all);
    }
    gpu.wait();
    for (const float sum : sums) REQUIRE(sum == N * (1 + 2 + 3));
}

TEST_CASE("branches change no bit, whether they come first or last") {
    using Model        = Transformer<small, Learned, Stacked<2>, Gpt>;
    const auto weights = [](bool branches, bool first = false) {
        if (emulated::gpu()) emulated::gpu()->branches_first = first;
        cuda::Context<bf16> gpu{{.branches = branches}};
        Model               model{gpu};
        Trainer             trainer{gpu, model};
        for (std::uint32_t step = 0; step < 6; ++step) trainer.step(small_batch(step), 3e-3);
        gpu.wait();
        if (emulated::gpu()) emulated::gpu()->branches_first = false;
        return bits_of(model.weights());
    };
    const auto want = weights(false);
    CHECK(weights(true) == want);
    CHECK(weights(true, true) == want);
}

TEST_CASE("what waits within a branch is refused, and what it throws leaves no branch open") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    CHECK_THROWS_WITH_AS(beside(lane, [&] { gpu.wait(); }),
                         "cuda: beside: operation; got one that waits, wanted others, such as sums", Error);
    fill(lane, x[0], 1), beside(lane, [&] { copy(lane, x[1], x[0]); });
    join(lane), fill(lane, x[0], 2);
    gpu.wait();
    CHECK(x[1](0, 0) == 1);
}

TEST_CASE("lists with branches are graphs when they come again, and what failed leaves no branch behind") {
    cuda::Context<float> gpu;
    Three                x;
    auto const           step = [&](float value) {
        gpu.for_slices(1, [&](auto& lane, int) {
            fill(lane, x[0], value);
            beside(lane, [&] { copy(lane, x[1], x[0]); });
            join(lane);
            beside(lane, [&] { fill(lane, x[0], 0); });
            beside(lane, [&] { fill(lane, x[2], value); });
        });
        gpu.wait();
    };
    CHECK_THROWS_AS(gpu.for_slices(1,
                                   [&](auto& lane, int) {
                                       beside(lane, [&] {
                                           fill(lane, x[0], 9);
                                           throw Error("no");
                                       });
                                   }),
                    Error);
    for (int i = 0; i < 3; ++i) step(5);
    CHECK((gpu.replays() == 2 || !cuda::knows_calls));
    CHECK(gpu.lane().queue.why_not() == "");
    CHECK(x[1](0, 0) == 5);
    CHECK(x[2](0, 0) == 5);
}

TEST_CASE("a step of a GPT of two layers is 72 works, of which 48 wait for each other") {
    const auto gpu = emulated::gpu();
    if (!gpu || !cuda::knows_calls) return;
    const auto captured = [&](cuda::Options const& options) {
        gpu->captured = 0;
        cuda::Context<bf16>                  ctx{options};
        SmallModel<Learned, Stacked<2>, Gpt> model{ctx};
        Trainer                              trainer{ctx, model};
        for (int step = 0; step < 3; ++step) trainer.step(small_batch(0), 1e-3);
        return gpu->captured;
    };
    CHECK(captured({}) == 72);
    CHECK(gpu->chain == 48);
    CHECK(captured({.branches = false}) == 72);
    CHECK(gpu->chain == 72);
    CHECK(captured({.fused_gelu = false}) == 74);
    CHECK(gpu->chain == 52);
}
