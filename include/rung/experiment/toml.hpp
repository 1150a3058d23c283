#pragma once
// The part of TOML 1.0 that flags need: lines of `key = value`, where a value is a string, an integer, a float or a
// boolean, and comments. Tables, arrays, dates and texts of several lines are refused, each with its line, since no
// flag could take them.
//
// Not CLI11 and a TOML library: the first alone costs four seconds of compile time in every experiment, and this
// a third of one. Nor is a file read more leniently than the command line is.

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "rung/core/check.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

/// Reads such lines one by one:
///
///     TomlReader reader{text, "sweep.toml"};
///     while (reader.next()) use(reader.key, reader.value);
class TomlReader {
public:
    /// @param file  its name, for errors
    TomlReader(std::string_view text, std::string_view file) : text_{text}, file_{file} {}

    /// Reads up to the next line that says something; false when there is none. Throws Error:
    /// "sweep.toml:3: got '[model]', wanted key = value (flags have no tables)".
    [[gnu::cold, gnu::noinline]] bool next() {
        while (!text_.empty()) {
            ++line;
            const std::size_t end = text_.find('\n');
            line_                 = text_.substr(0, end);
            text_.remove_prefix(end == text_.npos ? text_.size() : end + 1);
            if (line_.ends_with('\r')) line_.remove_suffix(1);
            rest_ = line_;
            for (const char c : line_)
                if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f)  // no terminal is shown them
                    throw Error(
                        text::join({file_, ":", text::number(line), ": got a character of code ",
                                    text::number(int(c)), ", wanted a text without control characters"}));
            if (text::valid_utf8(line_) != line_) refuse("UTF-8");
            if (!blank()) return read(), true;
        }
        return false;
    }

    std::string key{};           ///< dashes for underscores, as flags are named: "trained-to"
    std::string value{};         ///< what a text says; a number without its underscores and plus: "1000"
    bool        quoted = false;  ///< the value is a text
    int         line   = 0;      ///< of the file, from 1

private:
    [[noreturn, gnu::cold, gnu::noinline]] void refuse(std::string_view wanted) const {
        throw Error(text::join(
            {file_, ":", text::number(line), ": got '", text::valid_utf8(line_), "', wanted ", wanted}));
    }

    /// Passes over blanks; whether nothing but a comment is left of the line.
    [[gnu::cold, gnu::noinline]] bool blank() {
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
        return rest_.empty() || rest_.front() == '#';
    }
    [[gnu::cold, gnu::noinline]] char take() {
        const char c = rest_.empty() ? '\0' : rest_.front();
        if (c != '\0') rest_.remove_prefix(1);
        return c;
    }

    [[gnu::cold, gnu::noinline]] void read() {
        constexpr std::string_view letters =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        if (rest_.front() == '[') refuse("key = value (flags have no tables)");
        const std::size_t size = std::min(rest_.find_first_not_of(letters), rest_.size());
        key                    = rest_.substr(0, size);
        rest_.remove_prefix(size);
        for (char& c : key)
            if (c == '_') c = '-';
        if (size == 0 || blank() || take() != '=')
            refuse("key = value, the key a flag's name without its dashes");
        if (blank()) refuse("a value after the equals sign");
        const char quote = rest_.front();
        quoted           = quote == '"' || quote == '\'';
        if (rest_.starts_with("\"\"\"") || rest_.starts_with("'''")) refuse("a text of one line");
        value.clear();
        if (quoted) read_text(take());
        else read_bare();
        if (!blank()) refuse("nothing after the value");
    }

    [[gnu::cold, gnu::noinline]] void read_text(char quote) {
        for (char c = take(); c != quote; c = take()) {
            if (c == '\0') refuse("the quote that ends the text");
            if (c == '\\' && quote == '"') read_escape();
            else value.push_back(c);
        }
    }
    [[gnu::cold, gnu::noinline]] void read_escape() {
        const char        c    = take();
        const std::size_t kind = std::string_view{"btnfr\"\\"}.find(c);
        if (c == 'u' || c == 'U') return read_code_point(c == 'u' ? 4 : 8);
        if (kind == std::string_view::npos) refuse("one of \\b \\t \\n \\f \\r \\\" \\\\ \\u \\U");
        value.push_back("\b\t\n\f\r\"\\"[kind]);
    }
    [[gnu::cold, gnu::noinline]] void read_code_point(int digits) {
        std::uint32_t code = 0;
        for (int i = 0; i < digits; ++i) {
            const std::size_t digit = std::string_view{"0123456789abcdefABCDEF"}.find(take());
            if (digit > 21) refuse("four hexadecimal digits after \\u, eight after \\U");
            code = code << 4 | std::uint32_t(digit < 16 ? digit : digit - 6);
        }
        if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) refuse("a character's number");
        const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes of UTF-8
        value.push_back(char(more == 0 ? code : 0xFF00u >> (more + 1) | code >> 6 * more));
        for (int i = more - 1; i >= 0; --i) value.push_back(char(0x80 | (code >> 6 * i & 0x3F)));
    }

    /// A number or a boolean, up to a blank or a comment.
    [[gnu::cold, gnu::noinline]] void read_bare() {
        const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t#"));
        if (word.starts_with('[') || word.starts_with('{'))
            refuse("a string, an integer, a float or a boolean");
        if (word != "true" && word != "false" && !is_number(word))
            refuse("a decimal number, true, false or a text in quotes");
        rest_.remove_prefix(word.size());
        for (const char c : word)
            if (c != '_' && c != '+') value.push_back(c);
    }
    /// [+-] digits [. digits] [e [+-] digits], underscores between digits, no zero before others.
    [[gnu::cold, gnu::noinline]] static bool is_number(std::string_view word) {
        const auto sign = [&] {
            if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
        };
        const auto digits = [&] {
            std::size_t n = 0;
            for (; n < word.size() && ((word[n] >= '0' && word[n] <= '9') || word[n] == '_'); ++n)
                if (word[n] == '_' && (n == 0 || word[n - 1] == '_')) return false;
            const bool good = n > 0 && word[n - 1] != '_';
            word.remove_prefix(n);
            return good;
        };
        sign();
        if (word == "inf" || word == "nan") return true;
        const bool zero =
            word.size() > 1 && word[0] == '0' && (word[1] == '_' || (word[1] >= '0' && word[1] <= '9'));
        if (zero || !digits()) return false;
        if (word.starts_with('.')) {
            word.remove_prefix(1);
            if (!digits()) return false;
        }
        if (word.starts_with('e') || word.starts_with('E')) {
            word.remove_prefix(1);
            sign();
            if (!digits()) return false;
        }
        return word.empty();
    }

    std::string_view text_, file_, line_{}, rest_{};
};

/// All bytes of a file of flags. Throws Error.
[[gnu::cold, gnu::noinline]] inline std::string read_flag_file(std::string const& path) {
    std::string text;
    char        piece[4096];
    const int   fd   = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    ssize_t     size = -1;
    while (fd >= 0 && (size = ::read(fd, piece, sizeof piece)) > 0) text.append(piece, std::size_t(size));
    const char* const why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    if (size < 0)
        throw Error(text::join({path, ": cannot be read (", why, "); wanted a TOML file of flags"}));
    return text;
}

}  // namespace rung
