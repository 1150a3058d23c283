#pragma once
// What work that may be killed asks of whoever keeps its state.

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "rung/core/archive.hpp"
#include "rung/core/hash.hpp"
#include "rung/data/pack.hpp"

namespace rung {

/// Work that may be killed names its whole state by one function, which writes it or reads it back: between steps the
/// state is all there is.
class Keeper {
public:
    using State = std::function<void(Archive&)>;

    Keeper()                         = default;
    Keeper(Keeper const&)            = delete;
    Keeper& operator=(Keeper const&) = delete;
    virtual ~Keeper()                = default;

    /// What the work learns from, for whoever tells of the run.
    virtual void learns_from(std::string const& /*what*/) {}
    /// Before the first step: reads the state back, if one was kept.
    virtual void begin(State const& state) = 0;
    /// After each step: keeps the state when it is time to. Throws to stop the work, having kept it.
    /// @param done  this was the last step
    virtual void step(State const& state, bool done) = 0;
    /// Instead, after a step while later ones are under way: there is no state between steps now.
    virtual void pass() {}
    /// Whether the state is to be kept `steps` steps from now: then no other is under way when step() is called.
    virtual bool due(int /*steps*/) { return true; }
    /// Instead of a step that threw Diverged. True: the state kept last has been read back. The work then changes
    /// what it tries next, calls step(), and goes on.
    /// @param at   steps taken before it
    /// @param why  what was thrown
    virtual bool retry(State const& /*state*/, int /*at*/, std::string_view /*why*/) { return false; }
};

namespace detail {

/// Of two texts that differ, a and b become what does, with the words around it.
[[gnu::cold, gnu::noinline]] inline void keep_difference(std::string& a, std::string& b) {
    const std::size_t less = std::min(a.size(), b.size());
    std::size_t       head = 0, tail = 0;
    while (head < less && a[head] == b[head]) ++head;
    while (tail < less - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    constexpr std::size_t around = 40;  // characters of what is the same
    head = head > around ? head - around : 0, tail = tail > around ? tail - around : 0;
    while (head > 0 && a[head - 1] != ' ') --head;
    while (tail > 0 && a[a.size() - tail] != ' ') --tail;
    for (auto* text : {&a, &b}) {
        if (tail > 0) text->replace(text->size() - tail, tail, " ...");
        if (head > 0) text->replace(0, head, "... ");
    }
}

}  // namespace detail

/// Part of a state that says whose it is: a text that must be read back as it would be written now. Throws the
/// difference.
[[gnu::cold, gnu::noinline]] inline void archive_same(Archive& all, std::string_view what,
                                                      std::string const& now) {
    std::string then = now;
    all(then);
    if (then == now) return;
    bool text = then.size() < 10'000;
    for (const char c : then) text = text && static_cast<unsigned char>(c) >= ' ';
    RUNG_CHECK(text, what, "; got '", now,
               "', wanted what was kept, which is no text (is this the state of something else?)");
    std::string got = now;
    detail::keep_difference(got, then);
    fail({what, "; got '", got, "', wanted '", then,
          "', which it was when its state was kept (another --out begins anew)"});
}

namespace detail {

[[gnu::cold, gnu::noinline]] inline std::uint64_t hash_of_item(Item const& item, std::uint64_t hash) {
    const auto add = [&](int const* ints, std::size_t count) {
        hash = hash_of({reinterpret_cast<char const*>(ints), count * sizeof(int)}, hash);
    };
    const int rest[] = {item.prompt, item.passes, item.difficulty.first, item.difficulty.second};
    add(item.tokens.data(), item.tokens.size());
    add(item.targets.data(), item.targets.size());
    add(item.positions.data(), item.positions.size());
    add(rest, std::size(rest));
    for (const int graded : item.mask) hash = hash_of(graded ? "1" : "0", hash);
    return hash;
}

/// "32 examples 0bda45d9d51a4faf": a hash of what a source gives at step 0, which tells a changed task from the old one
/// where a type's name does not.
/// @param draw  an Item from a generator, as training draws it
template <class Draw>
[[gnu::cold, gnu::noinline]] std::string examples_text(Draw const& draw) {
    constexpr std::uint32_t count = 32;
    std::uint64_t           hash  = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        Rng rng(0, Purpose::user, 0, i);
        hash = hash_of_item(draw(rng), hash);
    }
    return join({count, " examples ", hash_text(hash)});
}

}  // namespace detail

}  // namespace rung
