#include "rung/experiment/drawers.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rung;

TEST_CASE("what is drawn does not depend on how many threads draw") {
    const auto draw = [](int i) {
        Item item;
        item.tokens = {i, 7 * i};
        return item;
    };
    detail::Drawers one(1), several(4);
    for (const int count : {0, 1, 31, 32, 33, 1000}) {
        const auto a = one.draw(count, draw), b = several.draw(count, draw);
        REQUIRE(a.size() == std::size_t(count));
        REQUIRE(b.size() == std::size_t(count));
        for (std::size_t i = 0; i < a.size(); ++i) {
            CHECK(a[i].tokens == std::vector{int(i), 7 * int(i)});
            CHECK(b[i].tokens == a[i].tokens);
        }
    }
}

TEST_CASE("of draws that fail the first is told of, whoever made it") {
    detail::Drawers several(4);
    const auto      draw = [&](int i) {
        if (i % 100 == 70) throw Error(concat("item ", i));
        return Item{};
    };
    for (int again = 0; again < 20; ++again) CHECK_THROWS_WITH_AS(several.draw(1000, draw), "item 70", Error);
    CHECK(several.draw(50, draw).size() == 50);
}
