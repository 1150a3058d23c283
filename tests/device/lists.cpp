// What a GPU, emulated or real, is given to do: lists of calls, which are graphs when they come again, memory, and what it
// refuses.

// GCC 12 inlines products of bf16 numbers with so much known that it warns of loops that never run.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <set>

#include "device/trained.hpp"

using namespace rung_test;

TEST_CASE_TEMPLATE("ragged batches have few sizes: most steps are graphs once the first have run", T, float,
                   bf16) {
    for (Index n = 1; n < 5000; ++n) {
        const Index more = cuda::one_of_few_sizes(n) - n;
        CHECK((more >= 0 && (more < 16 || more < n / 8)));
    }
    std::set<Index> sizes;
    for (Index n = 1025; n <= 2048; ++n) sizes.insert(cuda::one_of_few_sizes(n));
    CHECK(sizes.size() == 16);

    cuda::Context<T>     gpu{{}};
    typename Tied::Model model{gpu};
    Trainer              trainer{gpu, model};
    const auto           train = [&](std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t step = first; step < first + count; ++step) trainer.step(small_batch(step), 1e-3);
    };
    train(13, 1), train(0, 12);  // the largest batch first: more memory would be other memory
    const long before = gpu.replays();
    train(12, 10);
    CHECK((gpu.replays() - before >= 8 || !cuda::knows_calls));
}

TEST_CASE("a list of calls is known by every byte of it") {
    cuda::Context<float> gpu{{}};
    auto&                lane = gpu.lane();
    const auto           y    = Buffer<float>(32, gpu.memory());
    Mat<float>           view(const_cast<float*>(y.data()), 4, 8);
    const auto           filled = [&](Index rows, float value) {
        const long before = gpu.replays();
        gpu.for_slices(1, [&](auto& on, int) {
            for (int i = 0; i < 3; ++i) fill(on, view, 0);
            fill(on, view.slice(0, rows), value);
        });
        lane.wait();
        CHECK(view(rows - 1, 7) == value);
        return gpu.replays() > before;
    };
    CHECK_FALSE(filled(4, 1));
    CHECK_FALSE(filled(4, 2));
    CHECK_FALSE(filled(3, 1));
    CHECK(filled(4, 2) == cuda::knows_calls);
    CHECK(filled(4, 1) == cuda::knows_calls);
    CHECK_FALSE(filled(3, 3));
}

TEST_CASE("more lists than are remembered, and uploads of more than one block, are no trouble") {
    cuda::Context<float> gpu{{}};
    auto&                lane = gpu.lane();
    Buffer<float>        y(1, gpu.memory());
    const Mat<float>     one(y.data(), 1, 1);
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 200; ++i) {
            gpu.for_slices(1, [&](auto& on, int) {
                for (int k = 0; k < 4; ++k) fill(on, one, float(i));
            });
            lane.wait();
            CHECK(y[0] == float(i));
        }
    for (int round = 0; round < 3; ++round) {
        std::vector<float> sent(100'000);
        Buffer<float>      got(100'000, gpu.memory());
        gpu.for_slices(1, [&](auto& on, int) {
            for (Index part = 0; part < 10; ++part) {
                for (Index i = 0; i < 10'000; ++i)
                    sent[std::size_t(part * 10'000 + i)] = float(round * i + part);
                on.queue.copy(got.data() + part * 10'000, on.upload(sent.data() + part * 10'000, 10'000),
                              10'000 * sizeof(float));
            }
        });
        lane.wait();
        CHECK(std::equal(sent.begin(), sent.end(), got.begin()));
    }
}

TEST_CASE("what was asked for before something failed is not done") {
    cuda::Context<float> gpu{{}};
    Buffer<float>        y(8, gpu.memory());
    const Mat<float>     view(y.data(), 1, 8);
    CHECK_THROWS_AS(gpu.for_slices(1, [&](auto& lane, int) { fill(lane, view, 1), fail({"no"}); }), Error);
    gpu.for_slices(1, [&](auto& lane, int) { add(lane, view, view); });
    gpu.lane().wait();
    CHECK(y[0] == 0);
}

TEST_CASE("pieces and accumulation change the order of sums and nothing else") {
    const auto loss_after = [](Index piece) {
        cuda::Context gpu{{}};
        return result<Turned::Model>(gpu, 4, {.dropout = 0.1f, .piece = piece}).losses.back();
    };
    CHECK(loss_after(20) == doctest::Approx(loss_after(100'000)).epsilon(1e-5));
}

TEST_CASE("after its first step a GPU asks the system for no more memory") {
    cuda::Context gpu{{}};
    Tied::Model   model{gpu};
    Trainer       trainer{gpu, model};
    trainer.step(small_batch(0), 1e-3), trainer.step(small_batch(0), 1e-3);
    const int before = gpu.scratch_allocations();
    for (std::uint32_t step = 0; step < 4; ++step) trainer.step(small_batch(0), 1e-3);
    CHECK(gpu.scratch_allocations() == before);
}

TEST_CASE("a gradient that is not finite stops training and leaves the weights of the step before") {
    cuda::Context gpu{{}};
    Tied::Model   model{gpu};
    Trainer       trainer{gpu, model};
    trainer.step(small_batch(0), 1e-3);
    const float kept                             = model.weights()[7];
    model.weights()[Tied::Model::parameters - 1] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(trainer.step(small_batch(1), 1e-3), Error);
    CHECK(model.weights()[7] == kept);
}

TEST_CASE("what a GPU cannot do it says") {
    cuda::Context gpu{{}};
    Tied::Model   elsewhere{1};
    CHECK_THROWS_WITH_AS(
        pack(gpu, elsewhere),
        "pack: the model's weights are in memory of another kind of context; wanted `Model model{ctx}`",
        Error);
    auto&            lane  = gpu.lane();
    const int        ids[] = {0, 3, 1};
    const auto       y     = lane.arena.take<float>(3, 8);
    const auto       table = lane.arena.take<float>(3, 8);
    int const* const there = lane.upload_ids(ids, 3);
    CHECK_THROWS_WITH_AS(
        embed(lane, y, table, there),
        "embed: ids; got 0 to 3, wanted 0 to 2 (a sequence longer than the model's context?)", Error);
    CHECK_THROWS_WITH_AS(embed(lane, y, table, ids), "embed: ids; got an address that placed() did not make",
                         Error);
    const auto wide = lane.arena.take<float>(1, 4096);
    CHECK_THROWS_WITH_AS((rms_norm<4096>(lane, wide, y, wide, wide)),
                         "cuda: norm: width; got 4096, wanted at most 2048", Error);
    CHECK_THROWS_WITH_AS(attention<8>(lane, y, y, wide, {}),
                         "cuda: sequences; got some that placed() did not make", Error);
}
