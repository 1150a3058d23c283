#include "rung/experiment/json.hpp"

#include <doctest/doctest.h>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>

using namespace rung;

TEST_CASE("json: an event is one compact line in the order it was set") {
    const Json event =
        Json{}.set("event", "step").set("step", 10).set("loss", 0.5f).set("before", Json{}.set("8", 1.0));
    CHECK(event.text() == R"({"event":"step","step":10,"loss":0.5,"before":{"8":1}})");
}

TEST_CASE("json: a real number is no integer, where that is asked for") {
    CHECK(Json{}.set("a", Json::real(2)).set("b", Json::real(0.5)).set("c", Json::real(1e30)).text() ==
          R"({"a":2.0,"b":0.5,"c":1e+30})");
    CHECK(Json{}.set("a", Json::real(1e300 * 1e300)).text() == R"({"a":null})");
}

TEST_CASE("json: a name that is set twice is an error") {
    CHECK_THROWS_WITH_AS(Json{}.set("a", 1).set("b", 2).set("a", 3), doctest::Contains("'a' twice"), Error);
    CHECK_NOTHROW(Json{}.set("a", Json{}.set("b", 1)).set("b", 2));
}

TEST_CASE("json: a member can be read back as text") {
    const Json event = Json{}.set("a", Json{}.set("b", 1)).set("b", "x,y").set("c", 3);
    CHECK(event.member("a") == R"({"b":1})");
    CHECK(event.member("b") == R"("x,y")");
    CHECK(event.member("c") == "3");
    CHECK(event.member("d") == "");
}

TEST_CASE("json: quotes, backslashes and control characters are escaped, in names too") {
    CHECK(Json{}.set("a\"b", "\\ \n\r\t\x01\x1f").text() ==
          R"({"a\"b":"\\ \u000a\u000d\u0009\u0001\u001f"})");
}

TEST_CASE("json: a character outside ASCII is written as itself") { CHECK(Json("é€").text() == "\"é€\""); }

TEST_CASE("json: a zero byte inside a text does not end it") {
    CHECK(Json(std::string("a\0b", 3)).text() == R"("a\u0000b")");
}

TEST_CASE("json: the ends of every integer type are exact") {
    CHECK(Json(std::numeric_limits<std::int64_t>::min()).text() == "-9223372036854775808");
    CHECK(Json(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
    CHECK(Json(std::int8_t{-128}).text() == "-128");
}

TEST_CASE("json: a number reads back as the same number") {
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308})
        CHECK(std::strtod(Json(value).text().c_str(), nullptr) == value);
    CHECK(Json(0.1f).text() == "0.1");
}

TEST_CASE("json: what JSON cannot say is null") {
    CHECK(Json(std::numeric_limits<double>::quiet_NaN()).text() == "null");
    CHECK(Json(-std::numeric_limits<float>::infinity()).text() == "null");
}

TEST_CASE("json: an object remembers where its numbers were not finite") {
    const double nan   = std::numeric_limits<double>::quiet_NaN();
    const Json   event = Json{}
                           .set("loss", nan)
                           .set("fine", 1.0)
                           .set("before", Json{}.set("8", nan))
                           .set("list", Json::array().add(0).add(nan));
    CHECK(event.nonfinite() == std::vector<std::string>{"loss", "before.8", "list.1"});
}

TEST_CASE("json: a truth value is not a number") {
    CHECK(Json::array().add(true).add(false).text() == "[true,false]");
}

TEST_CASE("json: arrays nest and may be empty") {
    CHECK(Json::array().add(Json::array()).add(Json{}).add(nullptr).text() == "[[],{},null]");
}

TEST_CASE("json: a range becomes an array") {
    CHECK(Json::array(std::vector<std::string>{"a", "b"}).text() == R"(["a","b"])");
}

TEST_CASE("json: a member of an array, or an element of an object, is an error") {
    CHECK_THROWS_AS(Json::array().set("a", 1), Error);
    CHECK_THROWS_AS(Json{}.add(1), Error);
    CHECK_THROWS_AS(Json(3).set("a", 1), Error);
}

TEST_CASE("json: it prints itself") {
    std::ostringstream out;
    out << Json{}.set("a", 1);
    CHECK(out.str() == R"({"a":1})");
}

TEST_CASE("json: an object without some of its members keeps the others as they were") {
    const Json all = Json{}.set("a", 1).set("b c", "x,\"a\":2").set("ab", Json{}.set("a", 3)).set("d", 4);
    CHECK(all.without("a d nothing").text() == R"({"b c":"x,\"a\":2","ab":{"a":3}})");
    CHECK(all.without("").text() == all.text());
    CHECK(Json{}.without("a").text() == "{}");
}
