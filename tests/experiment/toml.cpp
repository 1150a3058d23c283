#include "rung/experiment/toml.hpp"

#include <doctest/doctest.h>

using namespace rung;

namespace {

/// What one line's value says, in brackets if it is a text.
std::string value(std::string const& line) {
    TomlReader reader{line, "f"};
    REQUIRE(reader.next());
    return reader.quoted ? "[" + reader.value + "]" : reader.value;
}

/// What was wanted instead of the text.
std::string wanted(std::string_view text) {
    try {
        TomlReader reader{text, "f"};
        while (reader.next()) {}
    } catch (Error const& error) {
        const std::string message = error.what(), word = "wanted ";
        return message.substr(message.rfind(word) + word.size());
    }
    return "(accepted)";
}

}  // namespace

TEST_CASE("toml: keys, values, blanks, comments and both ends of lines") {
    TomlReader reader{"# first\r\n\r\n  trained_to\t= 10# why\r\nround-steps=2\n\nlast = true", "f"};
    CHECK(reader.next());
    CHECK(reader.key == "trained-to");
    CHECK(reader.value == "10");
    CHECK(reader.line == 3);
    CHECK(reader.next());
    CHECK(reader.key == "round-steps");
    CHECK(reader.line == 4);
    CHECK(reader.next());
    CHECK(reader.value == "true");
    CHECK(reader.line == 6);
    CHECK_FALSE(reader.next());
    CHECK_FALSE((TomlReader{"", "f"}.next()));
}

TEST_CASE("toml: numbers, as the specification writes them") {
    CHECK(value("a = +99") == "99");
    CHECK(value("a = -17") == "-17");
    CHECK(value("a = 1_000_000") == "1000000");
    CHECK(value("a = 0") == "0");
    CHECK(value("a = 6.626e-34") == "6.626e-34");
    CHECK(value("a = 5e+22") == "5e22");
    CHECK(value("a = -0.01") == "-0.01");
    CHECK(value("a = 224_617.445_991_228") == "224617.445991228");
    CHECK(value("a = -inf") == "-inf");
    CHECK(value("a = nan") == "nan");
}

TEST_CASE("toml: what is no number is refused") {
    for (const char* word : {"1_", "_1", "1__0", "007", "0_1", "1.", ".5", "1.e5", "1e", "1e5.0", "0x10",
                             "ten", "1979-05-27", "True", "--1", "+"})
        CHECK(wanted(std::string{"a = "} + word) == "a decimal number, true, false or a text in quotes");
    CHECK(wanted("a = [1, 2]") == "a string, an integer, a float or a boolean");
    CHECK(wanted("a = {b = 1}") == "a string, an integer, a float or a boolean");
}

TEST_CASE("toml: texts with escapes, and without") {
    CHECK(value(R"(a = "it's \"so\" # here" # there)") == R"([it's "so" # here])");
    CHECK(value(R"(a = "\b\t\n\f\r\\")") == "[\b\t\n\f\r\\]");
    CHECK(value(R"(a = "\u0041\u00e9\u20AC\U0001F600")") == "[A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80]");
    CHECK(value(R"(a = 'C:\new "x"')") == R"([C:\new "x"])");
    CHECK(value("a = ''") == "[]");
}

TEST_CASE("toml: a text that does not end, or says nothing that is a character, is refused") {
    CHECK(wanted("a = \"b") == "the quote that ends the text");
    CHECK(wanted("a = 'b") == "the quote that ends the text");
    CHECK(wanted(R"(a = "\q")") == R"(one of \b \t \n \f \r \" \\ \u \U)");
    CHECK(wanted(R"(a = "\u12")") == R"(four hexadecimal digits after \u, eight after \U)");
    CHECK(wanted(R"(a = "\uD800")") == "a character's number");
    CHECK(wanted(R"(a = "\U00110000")") == "a character's number");
    CHECK(wanted(R"(a = """b""")") == "a text of one line");
    CHECK(wanted("a = '''b'''") == "a text of one line");
    CHECK(wanted("a = \"\xff\"") == "UTF-8");
    CHECK(wanted("a = \"\x01\"") == "a text without control characters");
    const std::string nul("\na = \0", 6);
    TomlReader        reader{nul, "f"};
    CHECK_THROWS_WITH_AS(reader.next(),
                         "f:2: got a character of code 0, wanted a text without control characters", Error);
}

TEST_CASE("toml: what is no line of one key and one value is refused") {
    for (const char* line : {"a", "a # = 1", "= 1", "a.b = 1", "\"a\" = 1", "a : 1", "\xef\xbb\xbf key = 1"})
        CHECK(wanted(line) == "key = value, the key a flag's name without its dashes");
    CHECK(wanted("a =") == "a value after the equals sign");
    CHECK(wanted("a = # 1") == "a value after the equals sign");
    CHECK(wanted("a = 1 2") == "nothing after the value");
    CHECK(wanted("a = \"1\" b") == "nothing after the value");
    CHECK(wanted("[a]") == "key = value (flags have no tables)");
    CHECK(wanted("[[a]]") == "key = value (flags have no tables)");
}

TEST_CASE("toml: an error says where") {
    TomlReader reader{"a = 1\nb\n", "x/f.toml"};
    CHECK(reader.next());
    CHECK_THROWS_WITH_AS(reader.next(),
                         "x/f.toml:2: got 'b', wanted key = value, the key a flag's name without its dashes",
                         Error);
}
