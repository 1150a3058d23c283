#pragma once
// A JSON writer: compact, one line, members in the order they were set. It never reads.
//
//     Json{}.set("event", "step").set("step", 10).set("loss", 0.5f).text()
//     {"event":"step","step":10,"loss":0.5}

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

class Json;

template <class T>
concept JsonScalar = std::integral<T> || std::floating_point<T> || std::same_as<T, std::nullptr_t> ||
    std::convertible_to<T const&, std::string_view>;

/// What a member is set to. It refers to texts and objects, since it lives no longer than the call it is passed to;
/// so a call that sets a member builds nothing and has nothing to clean up.
class JsonValue {
public:
    JsonValue(std::string_view s) : text_{s} {}
    JsonValue(std::string const& s) : text_{s} {}
    JsonValue(char const* s) : text_{s} {}
    JsonValue(std::nullptr_t) : kind_{Kind::word}, text_{"null"} {}
    JsonValue(Json const& json) : kind_{Kind::json}, json_{&json} {}
    JsonValue(double x) : kind_{Kind::real}, real_{x} {}
    JsonValue(float x) : kind_{Kind::single}, real_{x} {}
    template <std::integral Number>  // a template, so that a pointer is not taken for a truth value
    JsonValue(Number n) : kind_{std::signed_integral<Number> ? Kind::integer : Kind::natural} {
        if constexpr (std::same_as<Number, bool>) kind_ = Kind::word, text_ = n ? "true" : "false";
        else if constexpr (std::signed_integral<Number>) integer_ = n;
        else natural_ = n;
    }

private:
    friend class Json;
    enum class Kind { text, word, json, real, single, integer, natural };

    bool is_real() const { return kind_ == Kind::real || kind_ == Kind::single; }

    Kind             kind_ = Kind::text;
    std::string_view text_{};
    union {
        Json const*   json_;
        double        real_;
        std::int64_t  integer_;
        std::uint64_t natural_;
    };
};

/// An object, unless built from a value. Numbers are written so that they read back the same. JSON has no NaN and no
/// infinity, so those become null and `nonfinite` remembers where.
class Json {
public:
    Json() : kind_{Kind::object} {}
    Json(JsonScalar auto const& value) { append(JsonValue{value}, ""); }

    static Json array() {
        Json out;
        out.kind_ = Kind::array;
        return out;
    }
    /// A number that is no integer to readers that tell them apart, as Python does: 2 is "2.0".
    [[gnu::cold, gnu::noinline]] static Json real(double x) {
        Json out{x};
        if (std::isfinite(x) && out.text_.find_first_of(".e") == std::string::npos) out.text_.append(".0");
        return out;
    }
    /// Any range of things that a Json can be built from.
    template <class Values>
    static Json array(Values const& values) {
        Json out = array();
        for (auto const& value : values) out.add(value);
        return out;
    }

    /// Sets a member of an object, each name once.
    [[gnu::cold, gnu::noinline]] Json& set(std::string_view name, JsonValue value) {
        RUNG_CHECK(kind_ == Kind::object, "Json::set: not an object; got ", text(), ", wanted {...}");
        RUNG_CHECK(member(name).empty(), "Json::set: got '", name, "' twice, wanted it once");
        begin_item().append(text::quote_json(name)).append(":");
        append(value, name);
        return *this;
    }
    /// Appends to an array.
    [[gnu::cold, gnu::noinline]] Json& add(JsonValue value) {
        RUNG_CHECK(kind_ == Kind::array, "Json::add: not an array; got ", text(), ", wanted [...]");
        begin_item();
        append(value, text::number(starts_.size() - 1));
        return *this;
    }

    /// The same object without some of its members, whose names are separated by spaces.
    [[gnu::cold, gnu::noinline]] Json without(std::string_view names) const {
        const std::string all = text::join({" ", names, " "});
        Json              out;
        for (std::size_t i = 0; i < starts_.size(); ++i) {
            const auto name = item(i).substr(1, item(i).find("\":") - 1);
            if (all.find(text::join({" ", name, " "})) == all.npos) out.begin_item().append(item(i));
        }
        return out;
    }

    /// The text of a member, or nothing.
    std::string_view member(std::string_view name) const {
        const std::string head = text::join({text::quote_json(name), ":"});
        for (std::size_t i = 0; i < starts_.size(); ++i) {
            if (item(i).starts_with(head)) return item(i).substr(head.size());
        }
        return {};
    }
    /// Where NaN and infinities stood: "loss", "before.8".
    std::vector<std::string> const& nonfinite() const { return nonfinite_; }

    std::string text() const {
        if (kind_ == Kind::value) return text_;
        return kind_ == Kind::object ? text::join({"{", text_, "}"}) : text::join({"[", text_, "]"});
    }
    friend std::ostream& operator<<(std::ostream& out, Json const& json) { return out << json.text(); }

private:
    enum class Kind { value, object, array };

    std::string_view item(std::size_t i) const {
        const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] - 1 : text_.size();
        return std::string_view{text_}.substr(starts_[i], end - starts_[i]);
    }
    [[gnu::cold, gnu::noinline]] std::string& begin_item() {
        if (!starts_.empty()) text_.append(",");
        starts_.push_back(text_.size());
        return text_;
    }

    /// Appends the text of `value`, which stands at `path`.
    [[gnu::cold, gnu::noinline]] void append(JsonValue value, std::string_view path) {
        using Type = JsonValue::Kind;
        if (value.kind_ == Type::text) text_.append(text::quote_json(value.text_));
        if (value.kind_ == Type::word) text_.append(value.text_);
        if (value.kind_ == Type::integer) text_.append(text::number(value.integer_));
        if (value.kind_ == Type::natural) text_.append(text::number(value.natural_));
        if (value.kind_ == Type::json) {
            text_.append(value.json_->text());
            for (std::string const& below : value.json_->nonfinite_)
                nonfinite_.push_back(text::join({path, path.empty() || below.empty() ? "" : ".", below}));
        }
        if (!value.is_real()) return;
        if (!std::isfinite(value.real_)) {
            text_.append("null");
            nonfinite_.push_back(std::string{path});
        } else if (value.kind_ == Type::real) {
            text_.append(text::number(value.real_));
        } else {
            text_.append(text::number(float(value.real_)));
        }
    }

    Kind                     kind_ = Kind::value;
    std::string              text_;    // without the brackets
    std::vector<std::size_t> starts_;  // of the items in it
    std::vector<std::string> nonfinite_;
};

}  // namespace rung
