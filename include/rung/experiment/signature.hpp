#pragma once
// Whether a folder holds this run: the first line of its record says what run it is.

#include "rung/experiment/flags.hpp"

namespace rung {

namespace detail {

struct Member {
    std::string_view name, value;  ///< the name without quotes, the value as it stands there
};

/// The members of an object in JSON, as our writer writes it.
[[gnu::cold, gnu::noinline]] inline std::vector<Member> members_of(std::string_view object) {
    std::vector<Member> all;
    std::size_t         begin = 1, colon = 0;
    int                 depth  = 0;
    bool                quoted = false;
    for (std::size_t i = 0; i < object.size(); ++i) {
        const char c = object[i];
        if (c == '\\' && quoted) ++i;
        else if (c == '"') quoted = !quoted;
        if (quoted) continue;
        const bool closes = c == '}' || c == ']';
        if (c == '{' || c == '[') ++depth;
        if (closes) --depth;
        if (c == ':' && depth == 1 && colon == 0) colon = i;
        if (colon == 0 || !((c == ',' && depth == 1) || (closes && depth == 0))) {
            if (c == ',' && depth == 1) begin = i + 1;
            continue;
        }
        if (colon > begin + 1)
            all.push_back(
                {object.substr(begin + 1, colon - begin - 2), object.substr(colon + 1, i - colon - 1)});
        begin = i + 1, colon = 0;
    }
    return all;
}
inline std::string_view member_of(std::vector<Member> const& all, std::string_view name) {
    for (auto const& member : all)
        if (member.name == name) return member.value;
    return "nothing";
}

/// "--seed: got 2, wanted 1; --steps: ...", empty where there is no difference.
[[gnu::cold, gnu::noinline]] inline std::string differences(std::string_view then, std::string_view now,
                                                            std::string_view dashes) {
    const auto  before = members_of(then), after = members_of(now);
    std::string out;
    const auto  differ = [&](std::string_view name, std::string_view was, std::string_view is) {
        const std::string what = was == is ? ""
                                  : name == "flags"
                                      ? differences(was, is, "--")
                                      : text::join({dashes, name, ": got ", is, ", wanted ", was});
        if (!what.empty()) out.append(out.empty() ? "" : "; ").append(what);
    };
    for (auto const& [name, value] : after) differ(name, member_of(before, name), value);
    for (auto const& [name, value] : before)
        if (member_of(after, name) == "nothing") differ(name, value, "nothing");
    return out;
}

}  // namespace detail

/// Throws BadFlag with the difference unless a record begins with this line, or with as much of it as a run wrote before
/// it was killed.
[[gnu::cold, gnu::noinline]] inline void check_same_run(std::string const& folder, std::string_view record,
                                                        std::string const& line) {
    const auto end   = record.find('\n');
    const auto first = record.substr(0, end);
    if (first == line || (end == record.npos && std::string_view{line}.starts_with(first))) return;
    std::string what;
    if (first.starts_with("{\"event\":\"begin\",")) what = detail::differences(first, line, "");
    if (what.empty()) what = "--out: got a record of something else";
    throw BadFlag(text::join({what, " (as '", folder, "' was begun; another --out begins anew)"}));
}

}  // namespace rung
