// What runs beside the rest on a GPU, on an emulated one, where branches are made as late as may be.

#include "support/device.hpp"

#include <doctest/doctest.h>

#include "support/random.hpp"

using namespace rung_test;

namespace {

/// Three matrices that the host and the GPU share.
struct Three {
    Buffer<float> data{12, cuda::shared_memory()};
    Mat<float>    operator[](int i) { return {data.data() + 4 * i, 1, 4}; }
};

long calls_of(cuda::Context<float>& gpu, auto&& ask) {
    const long before = cuda::Driver::calls();
    ask(), gpu.wait();
    return cuda::Driver::calls() - before;
}

}  // namespace

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

TEST_CASE("the emulated GPU shows where a join is missing") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    fill(lane, x[0], 1);
    beside(lane, [&] { copy(lane, x[1], x[0]); });
    fill(lane, x[0], 2);
    gpu.wait();
    CHECK(x[1](0, 0) == 2);
    // And where a branch relies on an earlier one.
    fill(lane, x[0], 1);
    beside(lane, [&] { fill(lane, x[0], 3); });
    beside(lane, [&] { copy(lane, x[1], x[0]); });
    gpu.wait();
    CHECK(x[1](0, 0) == 1);
}

TEST_CASE("branches within branches are part of these, and empty ones are nothing") {
    cuda::Context<float> gpu;
    Three                x;
    auto&                lane = gpu.lane();
    CHECK(calls_of(gpu, [&] { beside(lane, [] {}), join(lane); }) == 0);
    CHECK(calls_of(gpu, [&] { fill(lane, x[0], 1), join(lane), fill(lane, x[1], 1); }) == 2);
    // Fork, two, Back, Join.
    CHECK(calls_of(gpu, [&] {
              beside(lane, [&] {
                  fill(lane, x[0], 4);
                  beside(lane, [&] { copy(lane, x[1], x[0]); });
                  join(lane);
              });
          }) == 5);
    CHECK(x[1](0, 3) == 4);
}

TEST_CASE("lists with branches are graphs when they come again, and what failed leaves no branch behind") {
    cuda::Context<float> gpu;
    Three                x;
    auto const           step = [&](float value) {
        gpu.for_slices(1, [&](auto& lane, int) {
            fill(lane, x[0], value);
            beside(lane, [&] { copy(lane, x[1], x[0]); });
            fill(lane, x[2], value);
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
    CHECK(x[1](0, 0) == 5);
    CHECK(x[0](0, 0) == 5);
}
