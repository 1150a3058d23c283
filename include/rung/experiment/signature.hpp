#pragma once
// Whether a folder holds this run: the first line of its record says what run it is.

#include "rung/experiment/flags.hpp"

namespace rung {

namespace detail {

/// Takes the first member off an object in JSON, as our writer writes it: {"a":1,"b":[2,3]}, or what is left of one.
/// The name is without quotes, the value as it stands there. False: there is none.
[[gnu::cold, gnu::noinline]] inline bool take_member(std::string_view& left, std::string_view& name,
                                                     std::string_view& value) {
    if (left.starts_with('{')) left.remove_prefix(1);
    std::size_t colon = 0, end = 0;
    int         depth  = 0;
    bool        quoted = false;
    for (; end < left.size(); ++end) {
        const char c = left[end];
        if (c == '\\' && quoted) ++end;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth-- == 0) break;
        if (c == ',' && depth == 0) break;
        if (c == ':' && depth == 0 && colon == 0) colon = end;
    }
    if (colon < 2 || end >= left.size()) return false;
    name = left.substr(1, colon - 2), value = left.substr(colon + 1, end - colon - 1);
    left.remove_prefix(end + 1);
    return true;
}
[[gnu::cold, gnu::noinline]] inline std::string_view member_of(std::string_view object,
                                                               std::string_view wanted) {
    std::string_view name, value;
    for (auto left = object; take_member(left, name, value);)
        if (name == wanted) return value;
    return "nothing";
}

/// Appends "--seed: got 2, wanted 1; " for every member that two objects do not have alike, but for some.
/// @param but  their names, separated by spaces
[[gnu::cold, gnu::noinline]] inline void add_differences(std::string& out, std::string_view dashes,
                                                         std::string_view then, std::string_view now,
                                                         std::string_view but) {
    const auto add = [&](std::string_view name, std::string_view is, std::string_view was) {
        const bool free = text::join({" ", but, " "}).find(text::join({" ", name, " "})) != but.npos;
        if (is != was && !free) out.append(text::join({dashes, name, ": got ", is, ", wanted ", was, "; "}));
    };
    std::string_view name, value;
    for (auto left = now; take_member(left, name, value);) add(name, value, member_of(then, name));
    for (auto left = then; take_member(left, name, value);)
        if (member_of(now, name) == "nothing") add(name, "nothing", value);
}

}  // namespace detail

/// Throws BadFlag with the difference unless a record begins with this line, or with as much of it as a run wrote
/// before it was killed. Returns whether it begins with the same but for flags that may grow.
/// @param grow  their names, separated by spaces
[[gnu::cold, gnu::noinline]] inline bool check_same_run(std::string const& folder, std::string_view record,
                                                        std::string const& line, std::string_view grow = "") {
    const auto end   = record.find('\n');
    const auto first = record.substr(0, end);
    if (first == line || (end == record.npos && std::string_view{line}.starts_with(first))) return false;
    std::string what;
    detail::add_differences(what, "", first, line, "flags");
    detail::add_differences(what, "--", detail::member_of(first, "flags"), detail::member_of(line, "flags"),
                            grow);
    if (what.empty() && !grow.empty() && end != record.npos) return true;
    if (!first.starts_with("{\"event\":\"begin\",") || what.empty())
        what = "--out: got the record of something else; ";
    throw BadFlag(text::join({what, "'", folder, "' holds another run (another --out begins anew)"}));
}

}  // namespace rung
