#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "rung/core/buffer.hpp"
#include "rung/core/fixed_list.hpp"
#include "rung/core/ranks.hpp"
#include "rung/core/rng.hpp"

using namespace rung;

TEST_CASE("a buffer is zeroed, aligned and moves without copying") {
    Buffer<float> a(37);
    CHECK(std::accumulate(a.begin(), a.end(), 0.0f) == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    a[36]               = 5;
    float const*  where = a.data();
    Buffer<float> b     = std::move(a);
    CHECK(b.data() == where);
    CHECK(a.size() == 0);
    const auto c = b.copy();
    CHECK(c.data() != where);
    CHECK(c[36] == 5);
}

TEST_CASE("views cut columns and rows out of a matrix without copying") {
    Buffer<double> data(12);
    std::iota(data.begin(), data.end(), 0.0);
    const Mat<double> m(data.data(), 3, 4);
    CHECK(m.columns(1, 2)(2, 1) == 10);
    CHECK(m.slice(1, 2)(1, 3) == 11);
    CHECK(m.slice(1, 2).columns(2, 1)(0, 0) == 6);
    const Mat<double const> read = m;
    CHECK(read(0, 3) == 3);
}

TEST_CASE("an arena hands out memory that does not overlap and takes it back at once") {
    Arena      arena;
    const auto a = arena.take<float>(3, 5), b = arena.take<float>(1, 1), c = arena.take<float>(100'000, 2);
    CHECK((b.data >= a.data + 15 || a.data >= b.data + 1));
    CHECK((c.data >= b.data + 1 || b.data >= c.data + 200'000));
    const auto peak = arena.peak();
    arena.reset();
    const auto d = arena.take<float>(3, 5);
    arena.take<float>(1, 1), arena.take<float>(100'000, 2);
    CHECK(arena.peak() == peak);
    arena.reset();
    CHECK(arena.take<float>(3, 5).data == d.data);  // the second round needs no new block
}

TEST_CASE("an arena forgets what was taken after a mark") {
    Arena arena;
    arena.take<float>(64, 64);
    const auto mark  = arena.mark();
    const auto first = arena.take<float>(8, 8);
    arena.release(mark);
    CHECK(arena.take<float>(8, 8).data == first.data);
}

TEST_CASE("what is reserved is there without asking again") {
    Arena arena;
    arena.reserve(1 << 20);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 16; ++i) arena.take<float>(128, 128);  // 16 x 64 KiB
        CHECK(arena.allocations() == 1);
        CHECK_THROWS_AS(arena.reserve(1), Error);  // something is taken
        arena.reset();
        arena.reserve(1 << round);
    }
}

#ifndef __SANITIZE_ADDRESS__  // which would stop the program
TEST_CASE("memory that is not to be had is named") {
    CHECK_THROWS_WITH_AS(
        Buffer<char>(Index{1} << 62),
        "memory: got none, wanted 4611686018427387904 bytes (a smaller batch, piece or number of passes?)",
        Error);
}
#endif

TEST_CASE("a negative size is refused") { CHECK_THROWS_AS(Buffer<int>(-1), Error); }

TEST_CASE("a fixed list holds what it has room for, and refuses one more") {
    FixedList<int> list;
    list.make_room(3);
    for (const int n : {5, 6, 7}) list.push_back(n);
    CHECK(list.size() == 3);
    CHECK(list.back() == 7);
    CHECK_THROWS_WITH_AS(list.push_back(8), "FixedList: got one element more than the 3 that it has room for",
                         Error);
    list.pop_back(), list.cut(1);
    CHECK(std::vector<int>(list.begin(), list.end()) == std::vector<int>{5});
    list.push_back(9);
    CHECK(list.size() == 2);
    CHECK(list[1] == 9);
    FixedList<int> other = std::move(list);
    CHECK(other.size() == 2);
    CHECK(list.empty());
    CHECK_THROWS_AS(list.push_back(1), Error);
}

TEST_CASE("ranks are sorted as numbers, equal ones in the order of what they rank") {
    Ranks             ranks(6);
    const std::size_t given[] = {7, std::size_t(-1), 0, 7, std::size_t{1} << 40, 0};
    for (std::size_t i = 0; i < 6; ++i) ranks[Index(i)] = {given[5 - i], 5 - i};  // against the order
    ranks.sort();
    std::vector<std::size_t> order;
    for (auto const& [rank, number] : ranks) order.push_back(number);
    CHECK(order == std::vector<std::size_t>{2, 5, 0, 3, 4, 1});
    for (const int count : {0, 1, 2, 3, 64, 1000}) {
        Rng   rng(1, Purpose::user, std::uint32_t(count));
        Ranks random{std::size_t(count)};
        for (Index i = 0; i < count; ++i) random[i] = {rng.below(50), std::size_t(i)};
        std::vector<Rank> wanted(random.begin(), random.end());
        std::sort(wanted.begin(), wanted.end());
        random.sort();
        CHECK(std::equal(wanted.begin(), wanted.end(), random.begin(), random.end(),
                         [](Rank a, Rank b) { return a.rank == b.rank && a.number == b.number; }));
    }
}
