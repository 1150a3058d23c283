#pragma once
// Numbers, times and foreign text as people and parsers want them, whatever the locale.

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rung::text {

/// The parts one after another. Not inlined, and used instead of long sums of strings: those, inlined at every call,
/// would be most of what it costs to compile a program that reports what it did.
[[gnu::noinline]] inline std::string join(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) out.append(part);
    return out;
}

namespace detail {

template <class Number, class... Format>
[[gnu::noinline]] std::string print(Number value, Format... format) {
    char       buffer[400];  // the largest double has 309 digits before the point
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format...).ptr;
    return std::string(buffer, std::size_t(end - buffer));
}

}  // namespace detail

/// The shortest decimal that reads back as the same number: 0.1f is "0.1", 1e300 is "1e+300".
inline std::string number(float value) { return detail::print(value); }
inline std::string number(double value) { return detail::print(value); }
inline std::string number(std::integral auto value) {
    if constexpr (std::signed_integral<decltype(value)>) return detail::print(std::int64_t{value});
    else return detail::print(std::uint64_t{value});
}

/// With this many digits after the point.
inline std::string fixed(double value, int digits) {
    return detail::print(value, std::chars_format::fixed, digits);
}

/// Three or four significant digits: "0.0123", "45.7", "1e-05".
inline std::string brief(double value) {
    return detail::print(value, std::chars_format::general, std::abs(value) < 1 ? 3 : 4);
}

/// A rate or a count at a glance, in three digits: "9.50", "12.3k", "456M".
inline std::string count(double value) {
    const char* unit = "";
    for (const char* larger : {"k", "M", "G"})
        if (std::abs(value) >= 999.5) value /= 1e3, unit = larger;
    const double size = std::abs(value);
    return join({fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0), unit});
}

/// "0:07", "12:34", "3:02:01".
inline std::string duration(double seconds) {
    const auto total = seconds > 0 && seconds < 1e15 ? std::int64_t(std::llround(seconds)) : std::int64_t{0};
    const auto two   = [](std::int64_t n) { return join({n < 10 ? ":0" : ":", number(n)}); };
    const auto hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
    if (hours == 0) return join({number(minutes), two(rest)});
    return join({number(hours), two(minutes), two(rest)});
}

/// Bytes of the well-formed UTF-8 character that `s` starts with; 0 when it starts with anything else.
inline std::size_t utf8_length(std::string_view s) {
    const auto     at = [&](std::size_t i) { return i < s.size() ? s[i] & 0xFFu : 0u; };
    const unsigned a = at(0), b = at(1);
    if (a < 0x80) return s.empty() ? 0 : 1;
    if (a < 0xC2 || a > 0xF4) return 0;
    const std::size_t length = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    const bool overlong = (a == 0xE0 && b < 0xA0) || (a == 0xF0 && b < 0x90);
    const bool outside  = (a == 0xED && b > 0x9F) || (a == 0xF4 && b > 0x8F);  // surrogates, past U+10FFFF
    return overlong || outside ? 0 : length;
}

/// The same text with U+FFFD for every byte that is not UTF-8, so that no reader of our files can choke on it.
inline std::string valid_utf8(std::string_view s) {
    std::string out;
    out.reserve(s.size());
    while (!s.empty()) {
        const std::size_t length = utf8_length(s);
        out += length > 0 ? s.substr(0, length) : std::string_view{"\xEF\xBF\xBD"};
        s.remove_prefix(length > 0 ? length : 1);
    }
    return out;
}

/// Text as it may stand inside an XML or HTML element or a quoted attribute. XML has few control characters.
inline std::string escape_xml(std::string_view s) {
    std::string out;
    for (const char c : valid_utf8(s)) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else if ((c & 0xFF) < 0x20 && c != '\n' && c != '\t') out += "\xEF\xBF\xBD";
        else out += c;
    }
    return out;
}

/// Text as a JSON string, quotes included.
inline std::string quote_json(std::string_view s) {
    constexpr char hex[] = "0123456789abcdef";
    std::string    out   = "\"";
    for (const char c : valid_utf8(s)) {
        const char code[] = {hex[c >> 4 & 15], hex[c & 15], 0};
        if (c == '"' || c == '\\') out.append(1, '\\').append(1, c);
        else if (c == '\n') out.append("\\n");
        else if (c == '\t') out.append("\\t");
        else if (c == '\r') out.append("\\r");
        else if ((c & 0xFF) < 0x20) out.append("\\u00").append(code);
        else out.append(1, c);
    }
    return out += '"';
}

}  // namespace rung::text
