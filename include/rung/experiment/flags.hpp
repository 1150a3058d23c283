#pragma once
// Flags bound to variables: declared first, then read once, strictly, from the command line (--steps 10), the
// environment (RUNG_STEPS=10) and a file of lines `steps = 10` (--config FILE, see toml.hpp). Of several values of one
// flag the first in this order counts.

#include <unistd.h>
#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/file.hpp"
#include "rung/experiment/flag.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/text.hpp"
#include "rung/experiment/toml.hpp"

namespace rung {

enum class Parsed { work, help };

/// A tool that runs beside experiments may stand among variables that are meant for them.
enum class Environment { read, ignored };

class Flags {
public:
    /// @param summary  first line of the help
    [[gnu::cold, gnu::noinline]] explicit Flags(std::string_view summary,
                                                Environment      environment = Environment::read)
        : summary_{summary}, reads_environment_{environment == Environment::read} {}

    /// Binds a number. What the variable holds now is the default.
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number> Flags& add(std::string_view name,
                                                                             Number&          target,
                                                                             std::string_view help,
                                                                             Limits<Number>   limits = {}) {
        return declare(std::make_unique<NumberFlag<Number>>(name, target, help, limits));
    }
    /// Binds a switch: `--name` sets it, `--name=false` clears it.
    [[gnu::cold, gnu::noinline]] Flags& add(std::string_view name, bool& target, std::string_view help) {
        return declare(std::make_unique<SwitchFlag>(name, target, help));
    }
    /// Binds a text, one of `choices` unless there are none.
    [[gnu::cold, gnu::noinline]] Flags& add(std::string_view name, std::string& target, std::string_view help,
                                            TextFlag::Choices choices = {}) {
        return declare(std::make_unique<TextFlag>(name, target, help, std::move(choices)));
    }
    /// Binds a folder to write into; `parse` makes it and proves that it can be written to. Empty: none.
    [[gnu::cold, gnu::noinline]] Flags& add_folder(std::string_view name, std::string& target,
                                                   std::string_view help) {
        add(name, target, help);
        flags_.back()->shown  = "FOLDER";
        flags_.back()->folder = &target;
        return *this;
    }

    /// Reads all flags, then claims the folders: a bad flag leaves the disk alone. Throws BadFlag.
    /// @param environment  as the system hands it over: "RUNG_STEPS=10" and others, which are passed over
    [[gnu::cold, gnu::noinline]] Parsed parse(int argc, char const* const* argv,
                                              char const* const* environment = ::environ) {
        program_ = argc > 0 ? program_name(argv[0]) : "";
        command_ = program_.empty() ? "" : quoted(program_);
        for (int i = 1; i < argc; ++i) command_.append(" ").append(quoted(argv[i]));
        for (auto const& flag : flags_)  // not in add, of which a program catches nothing
            RUNG_CHECK(find(flag->name) == flag.get(), "Flags::add: got '", flag->name,
                       "' twice, wanted it once");
        for (int i = 1; i < argc; ++i)
            if (std::string_view word = argv[i]; word == "--help" || word == "-h") return Parsed::help;
        for (int i = 1; i < argc;) i += take(argv[i], i + 1 < argc ? argv[i + 1] : nullptr);
        for (; reads_environment_ && environment && *environment; ++environment) take_variable(*environment);
        try {
            if (!config_->path.empty()) take_file(config_->path);
        } catch (Error const& error) {
            refuse({error.what()});
        }
        for (auto const& flag : flags_)
            if (flag->folder && !flag->folder->empty()) claim(flag->name, *flag->folder);
        return Parsed::work;
    }

    [[gnu::cold, gnu::noinline]] std::string help(std::string_view program) const {
        std::size_t width = config_->name.size() + config_->shown.size() + 1;
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
        out.append(line(config_->name, config_->shown, config_->help)).append("\n");
        return out.append(line("help", "", "show this and stop\n"));
    }

    /// Every flag and its value, for the record.
    Json values() const {
        Json out;
        for (auto const& flag : flags_) out.set(flag->name, flag->value());
        return out;
    }
    /// The names of those that may grow, separated by spaces.
    std::string growing() const {
        std::string names;
        for (auto const& flag : flags_)
            if (flag->grows) names.append(names.empty() ? "" : " ").append(flag->name);
        return names;
    }
    /// Throws BadFlag if the command line has one of these flags, with whatever value: beside `what` it does not count.
    /// What the environment and a file say is for many programs, and may be left unused.
    [[gnu::cold, gnu::noinline]] void refuse_beside(std::string_view                        what,
                                                    std::initializer_list<std::string_view> names) const {
        for (const auto name : names) {
            Flag const* const flag = find(name);
            RUNG_CHECK(flag, "Flags::refuse_beside: got '", name, "', wanted the name of a flag");
            if (flag->origin == Origin::line) refuse({"--", name, ": got one, wanted none beside ", what});
        }
    }
    /// Makes the folder of a flag that `parse` does not claim. Throws BadFlag where it cannot be written to.
    [[gnu::cold, gnu::noinline]] static void claim(std::string_view name, std::string const& folder) try {
        claim_folder(folder);
    } catch (Error const& error) {
        refuse({"--", name, ": ", error.what()});
    }
    /// The command line, for a report's reader to paste into a shell.
    std::string const& command() const { return command_; }
    std::string const& program() const { return program_; }

    static std::string_view program_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }
    /// As a shell would need it.
    [[gnu::cold, gnu::noinline]] static std::string quoted(std::string_view word) {
        bool        plain = !word.empty();
        std::string out   = "'";
        for (const char c : word) {
            const bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
            plain = plain && (letter || std::string_view{"0123456789-_=+.,/:@%"}.find(c) != word.npos);
            out.append(c == '\'' ? "'\\''" : std::string_view{&c, 1});
        }
        return plain ? std::string{word} : out.append("'");
    }

private:
    [[gnu::cold, gnu::noinline]] Flags& declare(std::unique_ptr<Flag> flag) {
        flag->fallback = flag->value().text();
        if (flag->fallback == "\"\"" || flag->fallback == "false")
            flag->fallback.clear();  // as one would guess
        flags_.push_back(std::move(flag));
        return *this;
    }

    Flag* find(std::string_view name) const {
        if (config_->name == name) return config_.get();
        for (auto const& flag : flags_)
            if (flag->name == name) return flag.get();
        return nullptr;
    }

    [[noreturn, gnu::cold, gnu::noinline]] static void refuse(std::initializer_list<std::string_view> parts) {
        throw BadFlag(text::join(parts));
    }

    /// Sets the flag, unless what comes before `where` has set it already.
    /// @param at  where the value stands, for errors
    [[gnu::cold, gnu::noinline]] static void set(Flag& flag, Origin where, std::string_view at,
                                                 std::string_view value) {
        if (flag.origin > where) return;
        flag.origin = where;
        if (const std::string wanted = flag.read(value); !wanted.empty())
            refuse({at, ": got '", value, "', wanted ", wanted});
    }

    /// Reads the flag `word`, whose value may be the word that follows; returns how many words that took.
    [[gnu::cold, gnu::noinline]] int take(std::string_view word, char const* next) {
        if (!word.starts_with('-')) refuse({"'", word, "': not a flag; wanted --name value"});
        const std::size_t      equals = word.find('=');
        const std::string_view name   = word.substr(0, equals);
        Flag* const            flag   = name.starts_with("--") ? find(name.substr(2)) : nullptr;
        if (!flag) refuse({name, ": unknown flag", nearest(name, Origin::line)});
        if (flag->origin == Origin::line) refuse({name, ": given twice, wanted once"});
        std::string_view value = "true";  // of a switch
        const bool       apart = equals == word.npos && !flag->shown.empty();
        if (equals != word.npos) value = word.substr(equals + 1);
        if (apart && (!next || std::string_view{next}.starts_with("--"))) {
            const std::string wanted = flag->wanted();
            refuse({name, ": got no value, wanted ", wanted.empty() ? "one" : wanted});
        }
        if (apart) value = next;
        set(*flag, Origin::line, name, value);
        return apart ? 2 : 1;
    }

    [[gnu::cold, gnu::noinline]] void take_variable(std::string_view word) {
        const std::size_t      equals = word.find('=');
        const std::string_view name   = word.substr(0, equals);
        if (!name.starts_with("RUNG_") || equals == word.npos) return;
        if (name == "RUNG_BUILD") return;  // the scripts' build folder
        std::string plain{name.substr(5)};
        for (char& c : plain) c = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? char(c + 'a' - 'A') : c;
        Flag* const flag = find(plain);
        if (!flag || flag->spelled(Origin::environment) != name)
            refuse({name, ": unknown flag", nearest(plain, Origin::environment)});
        set(*flag, Origin::environment, name, word.substr(equals + 1));
    }

    [[gnu::cold, gnu::noinline]] void take_file(std::string const& path) {
        const std::string text = read_flag_file(path);
        for (TomlReader entry{text, path}; entry.next();) {
            const std::string at   = text::join({path, ":", text::number(entry.line), ": ", entry.key});
            Flag* const       flag = find(entry.key);
            if (!flag) refuse({at, ": unknown flag", nearest(entry.key, Origin::file)});
            if (flag == config_.get()) refuse({at, ": got another file, wanted flags themselves"});
            if (flag->line != 0)
                refuse({at, ": given twice, wanted once (line ", text::number(flag->line), " has it)"});
            flag->line = entry.line;
            if (entry.quoted && !flag->is_text()) refuse({at, ": got a text, wanted one without quotes"});
            if (!entry.quoted && flag->is_text())
                refuse({at, ": got ", entry.value, ", wanted a text in quotes"});
            set(*flag, Origin::file, at, entry.value);
        }
    }

    /// "; did you mean --steps?", or nothing.
    [[gnu::cold, gnu::noinline]] std::string nearest(std::string_view name, Origin where) const {
        while (name.starts_with('-')) name.remove_prefix(1);
        std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
        Flag const* near = nullptr;
        for (auto const& flag : flags_)
            if (const std::size_t d = distance(name, flag->name); d < best) best = d, near = flag.get();
        if (where != Origin::file && distance(name, config_->name) < best) near = config_.get();
        return near ? text::join({"; did you mean ", near->spelled(where), "?"}) : "";
    }

    /// Letters to insert, drop or change to turn one word into the other (Levenshtein).
    [[gnu::cold, gnu::noinline]] static std::size_t distance(std::string_view a, std::string_view b) {
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

    std::string                        summary_, program_, command_;
    bool                               reads_environment_;
    std::vector<std::unique_ptr<Flag>> flags_;
    std::unique_ptr<FileFlag>          config_ = std::make_unique<FileFlag>(
        "config", "the flags of a file, lines of name = value; RUNG_NAME in the environment hides them");
};

}  // namespace rung
