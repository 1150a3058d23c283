#pragma once
// A JSON writer: compact, one line, members in the order they were set. It never reads.
//
//     Json{}.set("event", "step").set("step", 10).set("loss", 0.5f).text()
//     {"event":"step","step":10,"loss":0.5}

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
    Json() : kind_{Kind::object} {}
    Json(std::string_view s) : text_{text::quote_json(s)} {}
    Json(std::string const& s) : text_{text::quote_json(s)} {}
    Json(char const* s) : text_{text::quote_json(s)} {}
    Json(std::nullptr_t) : text_{"null"} {}
    Json(float x) : kind_{std::isfinite(x) ? Kind::value : Kind::nonfinite}, text_{text::number(x)} {}
    Json(double x) : kind_{std::isfinite(x) ? Kind::value : Kind::nonfinite}, text_{text::number(x)} {}
    template <std::integral Number>  // a template, so that a pointer is not taken for a truth value
    Json(Number n) {
        if constexpr (std::same_as<Number, bool>) text_ = n ? "true" : "false";
        else text_ = text::number(n);
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
    Json& set(std::string_view name, Json value) {
        RUNG_CHECK(kind_ == Kind::object, "Json::set: not an object; got ", text(), ", wanted {...}");
        const std::size_t i = find(name);
        if (i == names_.size()) return put(std::string{name}, std::move(value));
        items_[i] = std::move(value);
        return *this;
    }
    /// Appends to an array.
    Json& add(Json value) {
        RUNG_CHECK(kind_ == Kind::array, "Json::add: not an array; got ", text(), ", wanted [...]");
        return put(text::number(items_.size()), std::move(value));
    }

    /// The text of a member, or nothing.
    std::string member(std::string_view name) const {
        const std::size_t i = find(name);
        return i < items_.size() ? items_[i].text() : "";
    }
    /// Where NaN and infinities stood: "loss", "before.8".
    std::vector<std::string> nonfinite() const {
        std::vector<std::string> paths;
        add_nonfinite("", paths);
        return paths;
    }

    std::string text() const {
        std::string out;
        add_text(out);
        return out;
    }
    friend std::ostream& operator<<(std::ostream& out, Json const& json) { return out << json.text(); }

private:
    enum class Kind { value, nonfinite, object, array };

    std::size_t find(std::string_view name) const {
        std::size_t i = 0;
        while (i < names_.size() && names_[i] != name) ++i;
        return i;
    }
    Json& put(std::string name, Json value) {
        names_.push_back(std::move(name));
        items_.push_back(std::move(value));
        return *this;
    }
    void add_text(std::string& out) const {
        if (kind_ == Kind::value) out.append(text_);
        if (kind_ == Kind::nonfinite) out.append("null");
        if (kind_ == Kind::value || kind_ == Kind::nonfinite) return;
        out.append(kind_ == Kind::object ? "{" : "[");
        for (std::size_t i = 0; i < items_.size(); ++i) {
            if (i > 0) out.append(",");
            if (kind_ == Kind::object) out.append(text::quote_json(names_[i])).append(":");
            items_[i].add_text(out);
        }
        out.append(kind_ == Kind::object ? "}" : "]");
    }
    void add_nonfinite(std::string const& path, std::vector<std::string>& paths) const {
        if (kind_ == Kind::nonfinite) paths.push_back(path);
        for (std::size_t i = 0; i < items_.size(); ++i)
            items_[i].add_nonfinite(text::join({path, path.empty() ? "" : ".", names_[i]}), paths);
    }

    Kind                     kind_ = Kind::value;
    std::string              text_;   // of a value
    std::vector<std::string> names_;  // of an object's members; an array's are their numbers
    std::vector<Json>        items_;
};

}  // namespace rung
