#pragma once
// Command-line flags bound to variables: declared first, then read once, strictly. A word that is not wholly a
// value of the right kind and within its limits is an error, so a typing slip never becomes an experiment.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/file.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

/// A command line that cannot be followed. "--steps: got 'abc', wanted an integer of at least 1"
struct BadFlag : Error {
    using Error::Error;
};

/// "an integer of at least 1", from the ends as text; an empty one is no end.
[[gnu::cold, gnu::noinline]] inline std::string describe_limits(std::string_view kind, std::string_view least,
                                                                std::string_view most) {
    if (!least.empty() && !most.empty()) return text::join({kind, " from ", least, " to ", most});
    if (!least.empty()) return text::join({kind, " of at least ", least});
    if (!most.empty()) return text::join({kind, " of at most ", most});
    return std::string{kind};
}

/// The numbers that a flag takes, ends included.
template <class Number>
struct Limits {
    static constexpr Number      lowest  = std::numeric_limits<Number>::lowest();
    static constexpr Number      highest = std::numeric_limits<Number>::max();
    static constexpr char const* kind    = std::integral<Number> ? "an integer" : "a number";

    Number least = lowest;
    Number most  = highest;

    bool hold(Number n) const { return n >= least && n <= most; }  // false for NaN
    /// Both ends, the type's own where none was given.
    std::string range() const { return describe_limits(kind, text::number(least), text::number(most)); }
    std::string text() const {
        const auto low = text::number(least), high = text::number(most);
        const bool below = least > lowest || lowest == 0, above = most < highest;
        return describe_limits(kind, below ? std::string_view{low} : "", above ? std::string_view{high} : "");
    }
};

/// A name on the command line and the variable behind it.
class Flag {
public:
    Flag(std::string_view name, std::string_view help, std::string_view shown)
        : name{name}, help{help}, shown{shown} {}
    virtual ~Flag() = default;

    /// Sets the variable. Returns what was wanted instead, or nothing.
    virtual std::string read(std::string_view word) = 0;
    virtual std::string wanted() const { return ""; }
    virtual Json        value() const = 0;

    std::string  name, help, shown;  ///< `shown` stands for the value in the help; a switch has none
    std::string  fallback{};
    std::string* folder = nullptr;
    bool         given  = false;
};

template <class Number>
class NumberFlag final : public Flag {
public:
    NumberFlag(std::string_view name, Number& target, std::string_view help, Limits<Number> limits)
        : Flag{name, help, std::integral<Number> ? "N" : "X"}, target_{target}, limits_{limits} {}

    std::string read(std::string_view word) override {
        const char* end          = word.data() + word.size();
        Number      value        = {};
        const auto [stop, error] = std::from_chars(word.data(), end, value);
        if (error == std::errc::result_out_of_range) return limits_.range();
        if (error != std::errc{} || stop != end || !limits_.hold(value)) return limits_.text();
        target_ = value;
        return "";
    }
    std::string wanted() const override { return limits_.text(); }
    Json        value() const override { return target_; }

private:
    Number&        target_;
    Limits<Number> limits_;
};

class SwitchFlag final : public Flag {
public:
    SwitchFlag(std::string_view name, bool& target, std::string_view help)
        : Flag{name, help, ""}, target_{target} {}

    std::string read(std::string_view word) override {
        if (word != "true" && word != "false") return "nothing, true or false";
        target_ = word == "true";
        return "";
    }
    Json value() const override { return target_; }

private:
    bool& target_;
};

class TextFlag final : public Flag {
public:
    using Choices = std::vector<std::string>;

    TextFlag(std::string_view name, std::string& target, std::string_view help, Choices choices)
        : Flag{name, help, "TEXT"}, target_{target}, choices_{std::move(choices)} {}

    std::string read(std::string_view word) override {
        bool known = choices_.empty() && !word.empty();
        for (std::string const& choice : choices_) known = known || choice == word;
        if (!known) return choices_.empty() ? "a text" : wanted();
        target_ = word;
        return "";
    }
    std::string wanted() const override {
        std::string out;
        for (std::string const& choice : choices_) out.append(out.empty() ? "one of " : ", ").append(choice);
        return out;
    }
    Json value() const override { return target_; }

private:
    std::string& target_;
    Choices      choices_;
};

enum class Parsed { work, help };

class Flags {
public:
    /// `summary` is the first line of the help.
    explicit Flags(std::string_view summary) : summary_{summary} {}

    /// Binds a number. What the variable holds now is the default.
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number> Flags& add(std::string_view name,
                                                                             Number&          target,
                                                                             std::string_view help,
                                                                             Limits<Number>   limits = {}) {
        return declare(std::make_unique<NumberFlag<Number>>(name, target, help, limits));
    }
    /// Binds a switch: `--name` sets it, `--name=false` clears it.
    Flags& add(std::string_view name, bool& target, std::string_view help) {
        return declare(std::make_unique<SwitchFlag>(name, target, help));
    }
    /// Binds a text, one of `choices` unless there are none.
    Flags& add(std::string_view name, std::string& target, std::string_view help,
               TextFlag::Choices choices = {}) {
        return declare(std::make_unique<TextFlag>(name, target, help, std::move(choices)));
    }
    /// Binds a folder to write into; `parse` makes it and proves that it can be written to. Empty: none.
    Flags& add_folder(std::string_view name, std::string& target, std::string_view help) {
        add(name, target, help);
        flags_.back()->shown  = "FOLDER";
        flags_.back()->folder = &target;
        return *this;
    }

    /// Reads the whole command line, then claims the folders: a bad flag leaves the disk alone. Throws BadFlag.
    [[gnu::cold, gnu::noinline]] Parsed parse(int argc, char const* const* argv) {
        command_ = argc > 0 ? quoted(program_name(argv[0])) : "";
        for (int i = 1; i < argc; ++i) command_.append(" ").append(quoted(argv[i]));
        for (int i = 1; i < argc; ++i)
            if (std::string_view word = argv[i]; word == "--help" || word == "-h") return Parsed::help;
        for (int i = 1; i < argc;) i += take(argv[i], i + 1 < argc ? argv[i + 1] : nullptr);
        for (auto const& flag : flags_)
            if (flag->folder && !flag->folder->empty()) claim(flag->name, *flag->folder);
        return Parsed::work;
    }

    [[gnu::cold, gnu::noinline]] std::string help(std::string_view program) const {
        std::size_t width = 0;
        for (auto const& flag : flags_) width = std::max(width, flag->name.size() + flag->shown.size() + 1);
        const auto line = [width](std::string_view name, std::string_view shown, std::string_view words) {
            const std::string indent(width + 3 - std::min(width, name.size() + shown.size() + 1), ' ');
            return text::join({"  --", name, " ", shown, indent, words});
        };
        std::string out = text::join({summary_, "\n\nusage: ", program, " [flags]\n\n"});
        for (auto const& flag : flags_) {
            const std::string wanted = flag->wanted();
            out.append(line(flag->name, flag->shown, flag->help));
            if (!wanted.empty()) out.append("; ").append(wanted);
            if (!flag->fallback.empty()) out.append(" (default ").append(flag->fallback).append(")");
            out.append("\n");
        }
        return out.append(line("help", "", "show this and stop\n"));
    }

    /// Every flag and its value, for the record.
    Json values() const {
        Json out;
        for (auto const& flag : flags_) out.set(flag->name, flag->value());
        return out;
    }
    /// The command line, for a report's reader to paste into a shell.
    std::string const& command() const { return command_; }

    static std::string_view program_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

private:
    [[gnu::cold, gnu::noinline]] Flags& declare(std::unique_ptr<Flag> flag) {
        RUNG_CHECK(!find(flag->name), "Flags::add: got '", flag->name, "' twice, wanted it once");
        flag->fallback = flag->value().text();
        if (flag->fallback == "\"\"" || flag->fallback == "false")
            flag->fallback.clear();  // as one would guess
        flags_.push_back(std::move(flag));
        return *this;
    }

    Flag* find(std::string_view name) const {
        for (auto const& flag : flags_)
            if (flag->name == name) return flag.get();
        return nullptr;
    }

    [[noreturn, gnu::cold, gnu::noinline]] static void refuse(std::initializer_list<std::string_view> parts) {
        throw BadFlag(text::join(parts));
    }
    static void claim(std::string_view name, std::string const& folder) try {
        claim_folder(folder);
    } catch (Error const& error) {
        refuse({"--", name, ": ", error.what()});
    }

    /// Reads the flag `word`, whose value may be the word that follows; returns how many words that took.
    [[gnu::cold, gnu::noinline]] int take(std::string_view word, char const* next) {
        if (!word.starts_with('-')) refuse({"'", word, "': not a flag; wanted --name value"});
        const std::size_t      equals = word.find('=');
        const std::string_view name   = word.substr(0, equals);
        Flag* const            flag   = name.starts_with("--") ? find(name.substr(2)) : nullptr;
        if (!flag) refuse({name, ": unknown flag", nearest(name)});
        if (std::exchange(flag->given, true)) refuse({name, ": given twice, wanted once"});
        std::string_view value = "true";  // of a switch
        const bool       apart = equals == word.npos && !flag->shown.empty();
        if (equals != word.npos) value = word.substr(equals + 1);
        if (apart && (!next || std::string_view{next}.starts_with("--"))) {
            const std::string wanted = flag->wanted();
            refuse({name, ": got no value, wanted ", wanted.empty() ? "one" : wanted});
        }
        if (apart) value = next;
        if (const std::string wanted = flag->read(value); !wanted.empty())
            refuse({name, ": got '", value, "', wanted ", wanted});
        return apart ? 2 : 1;
    }

    [[gnu::cold, gnu::noinline]] std::string nearest(std::string_view name) const {
        while (name.starts_with('-')) name.remove_prefix(1);
        std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
        Flag const* near = nullptr;
        for (auto const& flag : flags_)
            if (const std::size_t d = distance(name, flag->name); d < best) best = d, near = flag.get();
        return near ? text::join({"; did you mean --", near->name, "?"}) : "";
    }

    /// Letters to insert, drop or change to turn one word into the other (Levenshtein).
    static std::size_t distance(std::string_view a, std::string_view b) {
        std::vector<std::size_t> row(b.size() + 1);
        for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= a.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i);
            for (std::size_t j = 1; j <= b.size(); ++j) {
                const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = std::exchange(row[j], std::min(std::min(row[j], row[j - 1]) + 1, changed));
            }
        }
        return row[b.size()];
    }

    /// As a shell would need it.
    static std::string quoted(std::string_view word) {
        bool        plain = !word.empty();
        std::string out   = "'";
        for (const char c : word) {
            const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
            plain = plain && (letter || std::string_view{"0123456789-_=+.,/:@%"}.find(c) != word.npos);
            out.append(c == '\'' ? "'\\''" : std::string_view{&c, 1});
        }
        return plain ? std::string{word} : out.append("'");
    }

    std::string                        summary_, command_;
    std::vector<std::unique_ptr<Flag>> flags_;
};

}  // namespace rung
