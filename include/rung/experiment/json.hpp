#pragma once
// A JSON writer: compact, one line, members in the order they were set. It never reads.
//
//     Json{}.set("event", "step").set("step", 10).set("loss", 0.5f).text()
//     {"event":"step","step":10,"loss":0.5}

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rung/core/check.hpp"
#include "rung/experiment/text.hpp"

namespace rung {

/// An object unless built from a value. Numbers are written so that they read back the same. JSON has no NaN
/// and no infinity, so those become null and `nonfinite` remembers where.
class Json {
public:
    Json() = default;
    Json(std::string_view s) : kind_{Kind::value}, value_{text::quote_json(s)} {}
    Json(std::string const& s) : Json(std::string_view{s}) {}
    Json(char const* s) : Json(std::string_view{s}) {}
    Json(std::nullptr_t) : kind_{Kind::value}, value_{"null"} {}
    template <std::same_as<bool> Bool>  // a template, so that a pointer is not taken for a truth value
    Json(Bool truth) : kind_{Kind::value}, value_{truth ? "true" : "false"} {}
    template <std::integral Integer>
        requires(!std::same_as<Integer, bool>)
    Json(Integer n) : kind_{Kind::value}, value_{text::number(n)} {}
    template <std::floating_point Real>
    Json(Real x) : kind_{Kind::value} {
        const bool finite = std::isfinite(x);
        value_            = finite ? text::number(x) : "null";
        if (!finite) nonfinite_.emplace_back();
    }

    static Json array() {
        Json out;
        out.kind_ = Kind::array;
        return out;
    }
    /// Any range of things that a Json can be built from.
    template <class Values>
    static Json array(Values const& values) {
        Json out = array();
        for (auto const& value : values) out.add(value);
        return out;
    }

    /// Sets a member of an object; a name that is already there keeps its place and takes the new value.
    Json& set(std::string_view name, Json const& value) {
        RUNG_CHECK(kind_ == Kind::object, "Json::set: not an object; got ", text(), ", wanted {...}");
        const auto same = [&](Item const& item) { return item.name == name; };
        const auto old  = std::find_if(items_.begin(), items_.end(), same);
        Item&      item = old != items_.end() ? *old : items_.emplace_back();
        item            = {std::string{name}, value.text(), value.nonfinite()};
        return *this;
    }
    /// Appends to an array.
    Json& add(Json const& value) {
        RUNG_CHECK(kind_ == Kind::array, "Json::add: not an array; got ", text(), ", wanted [...]");
        items_.push_back({std::to_string(items_.size()), value.text(), value.nonfinite()});
        return *this;
    }

    /// The text of a member, or nothing.
    std::string_view member(std::string_view name) const {
        for (Item const& item : items_)
            if (kind_ == Kind::object && item.name == name) return item.text;
        return {};
    }
    /// Where NaN and infinities stood: "loss", "before.8".
    std::vector<std::string> nonfinite() const {
        std::vector<std::string> paths = nonfinite_;
        for (Item const& item : items_)
            for (std::string const& path : item.nonfinite)
                paths.push_back(path.empty() ? item.name : item.name + "." + path);
        return paths;
    }

    std::string text() const {
        if (kind_ == Kind::value) return value_;
        std::string out{kind_ == Kind::object ? "{" : "["};
        for (Item const& item : items_) {
            if (out.size() > 1) out += ',';
            if (kind_ == Kind::object) (out += text::quote_json(item.name)) += ':';
            out += item.text;
        }
        return out += kind_ == Kind::object ? '}' : ']';
    }
    friend std::ostream& operator<<(std::ostream& out, Json const& json) { return out << json.text(); }

private:
    enum class Kind { object, array, value };
    struct Item {
        std::string              name, text;
        std::vector<std::string> nonfinite;
    };

    Kind                     kind_ = Kind::object;
    std::string              value_;
    std::vector<Item>        items_;
    std::vector<std::string> nonfinite_;
};

}  // namespace rung
