#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>

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

TEST_CASE("numbers in a message are written as streams write them, whatever the locale") {
    CHECK(rung::concat("x", 1.5, true, ' ', 1e300, " ", 0.1f, 'c', std::string_view{}, -7, 1.0 / 3, 1e-7) ==
          "x1.51 1e+300 0.1c-70.3333331e-07");
    CHECK(rung::concat(std::nan("")) == "nan");
}

TEST_CASE("a place stands before what was thrown, again and again, and what that was can still be caught") {
    const auto thrown = [](auto const& what) {
        try {
            try {
                throw what;
            } catch (...) {
                rung::rethrow_from("inside: ");
            }
        } catch (...) {
            rung::rethrow_from("outside: ");
        }
    };
    CHECK_THROWS_WITH_AS(thrown(rung::Error("none")), "outside: inside: none", rung::Error);
    CHECK_THROWS_WITH_AS(thrown(std::out_of_range("at")), "outside: inside: at", rung::Error);
    CHECK_THROWS_WITH_AS(thrown(rung::Diverged("far")), "far", rung::Diverged);
    CHECK_THROWS_AS(thrown(7), int);
    const auto within = [&](rung::Error const& outer) {
        try {
            std::rethrow_if_nested(outer);
        } catch (rung::Error const& inner) {
            CHECK(inner.what() == std::string("inside: at"));
            CHECK_THROWS_AS(std::rethrow_if_nested(inner), std::out_of_range);
        }
    };
    try {
        thrown(std::out_of_range("at"));
    } catch (rung::Error const& outer) {
        within(outer);
    }
}

TEST_CASE("one option of several: the one that is wrong is named with what it is and should be") {
    rung::check_number(true, "train: steps", 0, "at least 1");
    CHECK_THROWS_WITH_AS(rung::check_number(false, "train: steps", 0, "at least 1"),
                         "train: steps; got 0, wanted at least 1", rung::Error);
}
