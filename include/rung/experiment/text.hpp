#pragma once
// Numbers, times and foreign text as people and parsers want them, whatever the locale.

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace rung::text {

// What follows is not inlined, passes texts by view and numbers in place: sums of strings, inlined at every call with
// all that cleans up after them, would be most of what it costs to compile a program that reports what it did.

/// The parts one after another.
[[gnu::cold, gnu::noinline]] inline std::string join(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) out.append(part);
    return out;
}

/// The parts between separators: one more than there are of those.
[[gnu::cold, gnu::noinline]] inline std::vector<std::string> split(std::string_view s, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0, end = 0; end != s.npos; at = end + 1) {
        end = s.find(separator, at);
        parts.emplace_back(s.substr(at, end - at));
    }
    return parts;
}

/// A number as text, held in place. Keep the Digits, or a string made from it, never only the view.
class Digits {
public:
    /// The shortest decimal that reads back as the same number: 0.1f is "0.1", 1e300 is "1e+300".
    [[gnu::cold, gnu::noinline]] explicit Digits(float value) {
        end_ = std::to_chars(text_, last(), value).ptr - text_;
    }
    [[gnu::cold, gnu::noinline]] explicit Digits(double value) {
        end_ = std::to_chars(text_, last(), value).ptr - text_;
    }
    [[gnu::cold, gnu::noinline]] explicit Digits(std::int64_t value) {
        end_ = std::to_chars(text_, last(), value).ptr - text_;
    }
    [[gnu::cold, gnu::noinline]] explicit Digits(std::uint64_t value) {
        end_ = std::to_chars(text_, last(), value).ptr - text_;
    }
    /// With `digits` after the point (fixed) or in all (general); the shortest way where that has no room.
    [[gnu::cold, gnu::noinline]] Digits(double value, std::chars_format format, int digits) : Digits{value} {
        const auto [end, error] = std::to_chars(text_, last(), value, format, digits);
        if (error == std::errc{}) end_ = end - text_;
        else *this = Digits{value};
    }

    operator std::string_view() const { return {text_, std::size_t(end_)}; }
    operator std::string() const { return {text_, std::size_t(end_)}; }

private:
    char* last() { return text_ + sizeof text_; }

    char           text_[40];
    std::ptrdiff_t end_;
};

inline Digits number(float value) { return Digits{value}; }
inline Digits number(double value) { return Digits{value}; }
inline Digits number(std::signed_integral auto value) { return Digits{std::int64_t{value}}; }
inline Digits number(std::unsigned_integral auto value) { return Digits{std::uint64_t{value}}; }

/// Three or four significant digits: "0.0123", "45.7", "1e-05".
inline Digits brief(double value) { return {value, std::chars_format::general, std::abs(value) < 1 ? 3 : 4}; }

/// With this many digits after the point.
inline std::string fixed(double value, int digits) {
    return std::string{std::string_view{Digits{value, std::chars_format::fixed, digits}}};
}

/// A rate or a count at a glance, in three digits: "9.50", "12.3k", "456M".
[[gnu::cold, gnu::noinline]] inline std::string count(double value) {
    std::string_view unit = "";
    for (const std::string_view larger : {"k", "M", "G"})
        if (std::abs(value) >= 999.5) value /= 1e3, unit = larger;
    const double size = std::abs(value);
    return join({Digits{value, std::chars_format::fixed, size < 9.995 ? 2 : size < 99.95 ? 1 : 0}, unit});
}

/// "0:07", "12:34", "3:02:01".
[[gnu::cold, gnu::noinline]] inline std::string duration(double seconds) {
    const auto total = seconds > 0 && seconds < 1e15 ? std::int64_t(std::llround(seconds)) : std::int64_t{0};
    const auto hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
    const auto colon = [](std::int64_t n) { return n < 10 ? ":0" : ":"; };
    if (hours == 0) return join({Digits{minutes}, colon(rest), Digits{rest}});
    return join({Digits{hours}, colon(minutes), Digits{minutes}, colon(rest), Digits{rest}});
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
[[gnu::cold, gnu::noinline]] inline std::string valid_utf8(std::string_view s) {
    std::string out;
    for (std::size_t at = 0; at < s.size();) {
        const std::size_t length = utf8_length(s.substr(at));
        out.append(length > 0 ? s.substr(at, length) : std::string_view{"\xEF\xBF\xBD"});
        at += length > 0 ? length : 1;
    }
    return out;
}

/// Text as it may stand inside an XML or HTML element or a quoted attribute. XML has few control characters.
[[gnu::cold, gnu::noinline]] inline std::string escape_xml(std::string_view s) {
    const auto code = [](char c) -> std::string_view {
        if (c == '&') return "&amp;";
        if (c == '<') return "&lt;";
        if (c == '>') return "&gt;";
        if (c == '"') return "&quot;";
        return c >= 0 && c < 0x20 && c != '\n' && c != '\t' ? "\xEF\xBF\xBD" : "";
    };
    std::string out;
    for (const char c : valid_utf8(s)) out.append(code(c).empty() ? std::string_view{&c, 1} : code(c));
    return out;
}

/// Text as it may stand in a cell of a table whose lines are lines and whose columns are separated by tabs.
[[gnu::cold, gnu::noinline]] inline std::string escape_line(std::string_view s) {
    std::string out;
    for (const char c : s) {
        const std::size_t special = std::string_view{"\n\t\r\\"}.find(c);
        if (special == s.npos) out.append(&c, 1);
        else out.append("\\").append(&"ntr\\"[special], 1);
    }
    return out;
}
/// What such a cell says. A backslash before anything else stands for what follows it.
[[gnu::cold, gnu::noinline]] inline std::string unescape_line(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size(); ++i) {
        const bool        escape  = s[i] == '\\' && i + 1 < s.size();
        const std::size_t special = escape ? std::string_view{"ntr"}.find(s[++i]) : s.npos;
        out.append(special == s.npos ? &s[i] : &"\n\t\r"[special], 1);
    }
    return out;
}

/// Text as a JSON string, quotes included.
[[gnu::cold, gnu::noinline]] inline std::string quote_json(std::string_view s) {
    std::string out = "\"";
    for (const char c : valid_utf8(s)) {
        const char code[] = {'\\', 'u', '0', '0', "01"[c >> 4 & 1], "0123456789abcdef"[c & 15]};
        if (c >= 0 && c < 0x20) out.append(code, sizeof code);
        else if (c == '"' || c == '\\') out.append(code, 1).append(&c, 1);
        else out.append(&c, 1);
    }
    return out.append("\"");
}
/// What such a string says, of those that quote_json writes.
[[gnu::cold, gnu::noinline]] inline std::string unquote_json(std::string_view s) {
    std::string out;
    for (std::size_t i = 1; i + 1 < s.size(); ++i) {
        unsigned code = 0;
        if (s[i] != '\\' || ++i + 5 >= s.size() || s[i] != 'u') {
            out.append(&s[i], 1);
        } else {
            std::from_chars(&s[i + 1], &s[i + 5], code, 16);
            out.append(1, char(code));
            i += 4;
        }
    }
    return out;
}

}  // namespace rung::text
