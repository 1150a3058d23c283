#pragma once
// Command-line flags bound to variables: declared first, then read once, strictly. A word that is not wholly a
// value of the right kind and within its limits is an error, so a typing slip never becomes an experiment.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <functional>
#include <limits>
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

template <class T>
concept FlagNumber = !std::same_as<T, bool> && (std::integral<T> || std::floating_point<T>);

template <FlagNumber Number>
struct Limits {
    Number least = std::numeric_limits<Number>::lowest();
    Number most  = std::numeric_limits<Number>::max();

    bool        hold(Number n) const { return n >= least && n <= most; }  // false for NaN
    std::string kind() const { return std::integral<Number> ? "an integer" : "a number"; }
    /// Both ends, the type's own where none was given.
    std::string range() const {
        return kind() + " from " + text::number(least) + " to " + text::number(most);
    }
    std::string text() const {
        const bool below = least > Limits{}.least || std::unsigned_integral<Number>;
        const bool above = most < Limits{}.most;
        if (below && above) return range();
        if (below) return kind() + " of at least " + text::number(least);
        return above ? kind() + " of at most " + text::number(most) : kind();
    }
};

enum class Parsed { work, help };

class Flags {
public:
    using Choices = std::vector<std::string>;

    /// `summary` is the first line of the help.
    explicit Flags(std::string summary) : summary_{std::move(summary)} {}

    /// Binds a number. What the variable holds now is the default.
    template <FlagNumber Number>
    Flags& add(std::string name, Number& target, std::string help, Limits<Number> limits = {}) {
        const auto read = [name, &target, limits](std::string_view word) {
            const char* end          = word.data() + word.size();
            Number      value        = {};
            const auto [stop, error] = std::from_chars(word.data(), end, value);
            if (error == std::errc::result_out_of_range) refuse(name, word, limits.range());
            if (error != std::errc{} || stop != end || !limits.hold(value)) refuse(name, word, limits.text());
            target = value;
        };
        const char* shown = std::integral<Number> ? "N" : "X";
        return declare({std::move(name), std::move(help), limits.text(), shown, read, value_of(target)});
    }
    /// Binds a switch: `--name` sets it, `--name=false` clears it.
    Flags& add(std::string name, bool& target, std::string help) {
        const auto read = [name, &target](std::string_view word) {
            if (word != "true" && word != "false") refuse(name, word, "nothing, true or false");
            target = word == "true";
        };
        return declare({std::move(name), std::move(help), "", "", read, value_of(target)});
    }
    /// Binds a text, one of `choices` unless there are none.
    Flags& add(std::string name, std::string& target, std::string help, Choices choices = {}) {
        std::string wanted = choices.empty() ? "a text" : "one of";
        for (std::size_t i = 0; i < choices.size(); ++i) wanted += (i == 0 ? " " : ", ") + choices[i];
        const auto read = [name, &target, choices, wanted](std::string_view word) {
            const bool known = std::find(choices.begin(), choices.end(), word) != choices.end();
            if (word.empty() || !(known || choices.empty())) refuse(name, word, wanted);
            target = word;
        };
        if (choices.empty()) wanted.clear();  // it goes without saying
        return declare({std::move(name), std::move(help), wanted, "TEXT", read, value_of(target)});
    }
    /// Binds a folder to write into; `parse` makes it and proves that it can be written to. Empty: none.
    Flags& add_folder(std::string name, std::string& target, std::string help) {
        folders_.emplace_back(name, &target);
        add(std::move(name), target, std::move(help));
        flags_.back().shown = "FOLDER";
        return *this;
    }

    /// Reads the whole command line, then claims the folders: a bad flag leaves the disk alone. Throws BadFlag.
    Parsed parse(int argc, char const* const* argv) {
        const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
        command_ = argc > 0 ? quoted(program_name(argv[0])) : "";
        for (std::string_view word : words) command_ += " " + quoted(word);
        for (std::string_view word : words)
            if (word == "--help" || word == "-h") return Parsed::help;
        for (std::size_t i = 0; i < words.size();) i += take(words, i);
        for (auto const& [name, folder] : folders_) claim(name, *folder);
        return Parsed::work;
    }

    std::string help(std::string_view program) const {
        const auto head = [](Flag const& flag) {
            return "  --" + flag.name + (flag.shown.empty() ? "" : " " + flag.shown);
        };
        std::size_t width = std::string_view{"  --help"}.size();
        for (Flag const& flag : flags_) width = std::max(width, head(flag).size());
        std::string out = summary_ + "\n\nusage: " + std::string{program} + " [flags]\n\n";
        for (Flag const& flag : flags_) {
            const std::string start = head(flag);
            out += start + std::string(width + 3 - start.size(), ' ') + flag.help;
            if (!flag.wanted.empty()) out += "; " + flag.wanted;
            if (!flag.fallback.empty()) out += " (default " + flag.fallback + ")";
            out += '\n';
        }
        return out + "  --help" + std::string(width - 5, ' ') + "show this and stop\n";
    }

    /// Every flag and its value, for the record.
    Json values() const {
        Json out;
        for (Flag const& flag : flags_) out.set(flag.name, flag.value());
        return out;
    }
    /// The command line, for a report's reader to paste into a shell.
    std::string const& command() const { return command_; }

    static std::string_view program_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

private:
    struct Flag {
        std::string                           name, help, wanted, shown;
        std::function<void(std::string_view)> read;
        std::function<Json()>                 value;
        std::string                           fallback{};
        bool                                  given = false;
    };

    [[noreturn]] static void refuse(std::string_view name, std::string_view word, std::string_view wanted) {
        throw BadFlag(concat("--", name, ": got '", word, "', wanted ", wanted));
    }

    static void claim(std::string const& name, std::string const& folder) try {
        if (!folder.empty()) claim_folder(folder);
    } catch (Error const& error) {
        throw BadFlag("--" + name + ": " + error.what());
    }

    template <class Value>
    static std::function<Json()> value_of(Value const& target) {
        return [&target] { return Json(target); };
    }

    Flags& declare(Flag flag) {
        RUNG_CHECK(!find(flag.name), "Flags::add: got '", flag.name, "' twice, wanted it once");
        flag.fallback = flag.value().text();
        if (flag.fallback == "\"\"" || flag.fallback == "false") flag.fallback.clear();  // as one would guess
        flags_.push_back(std::move(flag));
        return *this;
    }

    Flag* find(std::string_view name) {
        for (Flag& flag : flags_)
            if (flag.name == name) return &flag;
        return nullptr;
    }

    /// Reads the flag at `words[i]`; returns how many words that took.
    std::size_t take(std::vector<std::string_view> const& words, std::size_t i) {
        const std::string_view word = words[i];
        if (!word.starts_with('-')) throw BadFlag(concat("'", word, "': not a flag; wanted --name value"));
        const std::size_t      equals = word.find('=');
        const std::string_view name   = word.substr(0, equals);
        Flag* const            flag   = name.starts_with("--") ? find(name.substr(2)) : nullptr;
        if (!flag) throw BadFlag(concat(name, ": unknown flag", nearest(name)));
        if (std::exchange(flag->given, true)) throw BadFlag(concat(name, ": given twice, wanted once"));
        if (equals != word.npos || flag->shown.empty()) {  // --name=value, or a switch
            flag->read(equals != word.npos ? word.substr(equals + 1) : "true");
            return 1;
        }
        if (i + 1 == words.size() || words[i + 1].starts_with("--"))
            throw BadFlag(concat(name, ": got no value, wanted ", wanted_by(*flag)));
        flag->read(words[i + 1]);
        return 2;
    }

    static std::string wanted_by(Flag const& flag) { return flag.wanted.empty() ? "one" : flag.wanted; }

    std::string nearest(std::string_view name) const {
        name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
        std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
        std::string out;
        for (Flag const& flag : flags_)
            if (const std::size_t d = distance(name, flag.name); d < best) {
                best = d;
                out  = "; did you mean --" + flag.name + "?";
            }
        return out;
    }

    /// Letters to insert, drop or change to turn one word into the other (Levenshtein).
    static std::size_t distance(std::string_view a, std::string_view b) {
        std::vector<std::size_t> row(b.size() + 1);
        for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= a.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i);
            for (std::size_t j = 1; j <= b.size(); ++j) {
                const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
            }
        }
        return row[b.size()];
    }

    /// As a shell would need it.
    static std::string quoted(std::string_view word) {
        const auto plain = [](char c) {
            const char lower = char(c | 32);
            return (lower >= 'a' && lower <= 'z') ||
                   std::string_view{"0123456789-_=+.,/:@%"}.find(c) != std::string_view::npos;
        };
        if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string{word};
        std::string out = "'";
        for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
        return out + "'";
    }

    std::string                                       summary_, command_;
    std::vector<Flag>                                 flags_;
    std::vector<std::pair<std::string, std::string*>> folders_;
};

}  // namespace rung
