#include <doctest/doctest.h>

#include "rung/core/check.hpp"

TEST_CASE("a failed check says where, what, got and wanted in one line") {
    const auto check = [](int rows) { RUNG_CHECK(rows == 3, "pack: rows; got ", rows, ", wanted ", 3); };
    CHECK_NOTHROW(check(3));
    CHECK_THROWS_WITH_AS(check(4), "pack: rows; got 4, wanted 3", rung::Error);
}

TEST_CASE("the parts of a message are evaluated only on failure") {
    int        evaluated = 0;
    const auto part      = [&] { return ++evaluated; };
    RUNG_CHECK(true, part());
    CHECK(evaluated == 0);
}
