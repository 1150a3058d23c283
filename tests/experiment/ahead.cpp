#include "rung/experiment/ahead.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>

#include "rung/core/check.hpp"

using namespace rung;

namespace {

void linger() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

}  // namespace

TEST_CASE("values are made in order, each once, whether they were started or not") {
    int                made = 0;
    detail::Ahead<int> next([&] { return linger(), made++; });
    CHECK(next.take() == 0);
    next.start();
    CHECK(next.take() == 1);
    CHECK(next.take() == 2);
    for (int i = 3; i < 50; ++i) {
        next.start();
        CHECK(next.take() == i);
    }
    next.start(), next.wait();
    CHECK(made == 51);
    next.drop();
    CHECK(next.take() == 51);
}

TEST_CASE("a value is made by another thread, and what it throws is thrown where it is taken, once") {
    std::thread::id            by;
    int                        made = 0;
    detail::Ahead<std::string> next([&] {
        by = std::this_thread::get_id();
        if (++made % 2 == 0) fail({"no value ", std::to_string(made)});
        return std::to_string(made);
    });
    next.start();
    CHECK(next.take() == "1");
    CHECK(by != std::this_thread::get_id());
    next.start(), next.wait();
    CHECK_THROWS_WITH_AS(next.take(), "no value 2", Error);
    CHECK(next.take() == "3");
    CHECK(by == std::this_thread::get_id());
    next.start(), next.drop();
    CHECK(next.take() == "5");
}

TEST_CASE("who is destroyed while a value is being made waits for it, and needs nobody to take it") {
    std::atomic<int> begun{0}, ended{0};
    for (int i = 0; i < 20; ++i) {
        detail::Ahead<int> next([&] { return ++begun, linger(), ++ended; });
        if (i % 2 == 0) next.start();
        if (i % 4 == 0) linger();
    }
    CHECK(begun == 10);
    CHECK(ended == 10);
}
