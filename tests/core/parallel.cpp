#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "rung/core/parallel.hpp"

using namespace rung;

TEST_CASE("every slice runs exactly once, for any number of threads") {
    for (const int threads : {1, 2, 3, 7}) {
        Workers workers(threads);
        CHECK(workers.count() == threads);
        for (const int slices : {0, 1, 2, 50}) {
            std::vector<int> runs(std::size_t(slices), 0);
            workers.run(slices, [&](int slice, int worker) {
                CHECK((worker >= 0 && worker < threads));
                ++runs[std::size_t(slice)];
            });
            CHECK(std::all_of(runs.begin(), runs.end(), [](int n) { return n == 1; }));
        }
    }
}

TEST_CASE("many short rounds in a row lose no slice") {
    Workers          workers(3);
    std::atomic<int> total{0};
    for (int round = 0; round < 2'000; ++round) workers.run(5, [&](int, int) { ++total; });
    CHECK(total == 10'000);
}

TEST_CASE("the exception of the lowest failing slice reaches the caller, after every slice has run") {
    for (const int threads : {1, 3}) {
        Workers          workers(threads);
        std::atomic<int> ran{0};
        const auto       work = [&](int slice, int) {
            ++ran;
            RUNG_CHECK(slice != 5 && slice != 7, "slice ", slice);
        };
        CHECK_THROWS_WITH_AS(workers.run(9, work), "slice 5", Error);
        CHECK(ran == 9);
        workers.run(1, [&](int, int) { ++ran; });
        CHECK(ran == 10);
    }
}

TEST_CASE("a senseless number of threads is refused") { CHECK_THROWS_AS(Workers(-1), Error); }

TEST_CASE("workers that are told to be fewer use no others, until they are told again") {
    Workers workers(4);
    for (const int some : {2, 1, 3, 9, 0}) {
        workers.at_most(some);
        std::atomic<int> most{0}, ran{0};
        workers.run(40, [&](int, int worker) {
            for (int seen = most; worker > seen && !most.compare_exchange_weak(seen, worker);) {}
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            ++ran;
        });
        CHECK(most == std::clamp(some, 1, 4) - 1);
        CHECK(ran == 40);
        CHECK(workers.count() == 4);
    }
}

TEST_CASE("a call during another is refused, and the workers go on afterwards") {
    Workers workers(2);
    CHECK_THROWS_WITH_AS(workers.run(2, [&](int, int) { workers.run(1, [](int, int) {}); }),
                         "Workers: run; got a call during another (one context in two places at once?)",
                         Error);
    std::atomic<int> done{0};
    workers.run(5, [&](int, int) { ++done; });
    CHECK(done == 5);
}
