#pragma once
// One flag: a name, the variable behind it, and what it takes. Strict: a word that is not wholly a value of the right
// kind and within its limits is an error, so a typing slip never becomes an experiment.

#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
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
    bool   grows = false;  ///< a run that is kept goes on with another number, where its stages can

    bool hold(Number n) const { return n >= least && n <= most; }  // false for NaN
    /// Both ends, the type's own where none was given.
    std::string range() const { return describe_limits(kind, text::number(least), text::number(most)); }
    std::string text() const {
        const auto low = text::number(least), high = text::number(most);
        const bool below = least > lowest || lowest == 0, above = most < highest;
        return describe_limits(kind, below ? std::string_view{low} : "", above ? std::string_view{high} : "");
    }
};

/// Where a value came from. A later one hides an earlier one.
enum class Origin { fallback, file, environment, line };

/// A name on the command line and the variable behind it.
class Flag {
public:
    Flag(std::string_view name_, std::string_view help_, std::string_view shown_)
        : name{name_}, help{help_}, shown{shown_} {}
    virtual ~Flag() = default;

    /// Sets the variable. Returns what was wanted instead, or nothing.
    virtual std::string read(std::string_view word) = 0;
    virtual std::string wanted() const { return ""; }
    virtual Json        value() const = 0;
    virtual bool        is_text() const { return false; }  ///< in a file it stands in quotes

    /// What it is called there: "--trained-to", "RUNG_TRAINED_TO", or in a file "trained-to".
    [[gnu::cold, gnu::noinline]] std::string spelled(Origin where) const {
        std::string out = text::join({where == Origin::line ? "--" : "", name});
        if (where != Origin::environment) return out;
        for (char& c : out)
            if (c == '-') c = '_';
            else if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
        return text::join({"RUNG_", out});
    }

    std::string  name, help, shown;  ///< `shown` stands for the value in the help; a switch has none
    std::string  fallback{};
    std::string* folder = nullptr;
    Origin       origin = Origin::fallback;
    int          line   = 0;      ///< of the file that names it
    bool         grows  = false;  ///< see Limits
};

template <class Number>
class NumberFlag final : public Flag {
public:
    NumberFlag(std::string_view name_, Number& target, std::string_view help_, Limits<Number> limits)
        : Flag{name_, help_, std::integral<Number> ? "N" : "X"}, target_{target}, limits_{limits} {
        grows = limits.grows;
    }

    [[gnu::cold, gnu::noinline]] std::string read(std::string_view word) override {
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
    SwitchFlag(std::string_view name_, bool& target, std::string_view help_)
        : Flag{name_, help_, ""}, target_{target} {}

    [[gnu::cold, gnu::noinline]] std::string read(std::string_view word) override {
        if (word != "true" && word != "false") return "true or false";
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

    TextFlag(std::string_view name_, std::string& target, std::string_view help_, Choices choices)
        : Flag{name_, help_, "TEXT"}, target_{target}, choices_{std::move(choices)} {}

    [[gnu::cold, gnu::noinline]] std::string read(std::string_view word) override {
        bool known = choices_.empty() && !word.empty();
        for (std::string const& choice : choices_) known = known || choice == word;
        if (!known) return choices_.empty() ? "a text" : wanted();
        target_ = word;
        return "";
    }
    [[gnu::cold, gnu::noinline]] std::string wanted() const override {
        std::string out;
        for (std::string const& choice : choices_) out.append(out.empty() ? "one of " : ", ").append(choice);
        return out;
    }
    Json value() const override { return target_; }
    bool is_text() const override { return true; }

private:
    std::string& target_;
    Choices      choices_;
};

/// A file, which it keeps the name of.
class FileFlag final : public Flag {
public:
    FileFlag(std::string_view name_, std::string_view help_) : Flag{name_, help_, "FILE"} {}

    [[gnu::cold, gnu::noinline]] std::string read(std::string_view word) override {
        path = word;
        return word.empty() ? "a file" : "";
    }
    Json value() const override { return path; }
    bool is_text() const override { return true; }

    std::string path{};
};

}  // namespace rung
