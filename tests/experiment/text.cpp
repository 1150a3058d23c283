#include "rung/experiment/text.hpp"

#include <doctest/doctest.h>
#include <cstdlib>
#include <limits>

using namespace rung;

TEST_CASE("text: a number reads back as the same number") {
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123})
        CHECK(std::strtod(std::string{text::number(value)}.c_str(), nullptr) == value);
}

TEST_CASE("text: a float is written as short as a float needs") {
    CHECK(std::string{text::number(0.1f)} == "0.1");
}

TEST_CASE("text: a number too large to write in full is written the short way") {
    CHECK(text::fixed(std::numeric_limits<double>::max(), 2) == "1.7976931348623157e+308");
}

TEST_CASE("text: a count shows three digits whatever its size") {
    CHECK(text::count(0.5) == "0.50");
    CHECK(text::count(99.96) == "100");
    CHECK(text::count(999.6) == "1.00k");
    CHECK(text::count(12'345) == "12.3k");
    CHECK(text::count(456e6) == "456M");
    CHECK(text::count(7e12) == "7000G");
}

TEST_CASE("text: a duration carries into minutes and hours") {
    CHECK(text::duration(59.4) == "0:59");
    CHECK(text::duration(59.6) == "1:00");
    CHECK(text::duration(3723) == "1:02:03");
}

TEST_CASE("text: a duration that is no number is nothing") {
    CHECK(text::duration(std::numeric_limits<double>::quiet_NaN()) == "0:00");
    CHECK(text::duration(std::numeric_limits<double>::infinity()) == "0:00");
}

TEST_CASE("text: valid UTF-8 passes unchanged") {
    const std::string words = "aé€\xF0\x9F\x98\x80\xED\x9F\xBF\xF4\x8F\xBF\xBF";
    CHECK(text::valid_utf8(words) == words);
}

TEST_CASE("text: bytes that are not UTF-8 become replacement characters") {
    const std::string bad = "\xEF\xBF\xBD";
    CHECK(text::valid_utf8("a\x80z") == "a" + bad + "z");                  // a continuation without a start
    CHECK(text::valid_utf8("\xC3") == bad);                                // cut off
    CHECK(text::valid_utf8("\xC0\xAF") == bad + bad);                      // an overlong slash
    CHECK(text::valid_utf8("\xE0\x80\x80") == bad + bad + bad);            // an overlong zero
    CHECK(text::valid_utf8("\xED\xA0\x80") == bad + bad + bad);            // a surrogate
    CHECK(text::valid_utf8("\xF4\x90\x80\x80") == bad + bad + bad + bad);  // past U+10FFFF
}

TEST_CASE("text: XML escaping leaves no way out of an element or an attribute") {
    CHECK(text::escape_xml("<a b=\"c\">&\x01") == "&lt;a b=&quot;c&quot;&gt;&amp;\xEF\xBF\xBD");
}

TEST_CASE("text: a cell of a table holds any text, and gives it back") {
    CHECK(text::escape_line("a\tb\r\n\\n") == "a\\tb\\r\\n\\\\n");
    CHECK(text::unescape_line("a\\tb\\r\\n\\\\n") == "a\tb\r\n\\n");
    CHECK(text::unescape_line("\\q \\") == "q \\");  // no escape, and none that is whole
    CHECK(text::escape_line("") + text::unescape_line("") == "");
    CHECK(text::unquote_json(text::quote_json("a\"\\n\n\t\x1f é")) == "a\"\\n\n\t\x1f é");
    CHECK(text::unquote_json("\"\"") + text::unquote_json("\"\\u000a\"") == "\n");
    CHECK(text::split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
    CHECK(text::split("", ',') == std::vector<std::string>{""});
}
