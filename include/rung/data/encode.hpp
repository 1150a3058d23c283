#pragma once
// Text -> tokens: what is read of a problem and its answer, under which position ids, and what of it is graded.

#include <string>
#include <string_view>
#include <vector>

#include "rung/data/vocab.hpp"
#include "rung/task/task.hpp"

namespace rung {

/// How an answer is written.
enum class Answering {
    by_token,  ///< each token after the one before it
    at_once,   ///< all tokens together, see encode_at_once()
};

/// What stands before a prompt.
enum class Opening {
    begin,    ///< the begin token, as in all that encode() makes
    newline,  ///< an end token: the prompt begins a line of a text, after the end of the one before
    nothing,  ///< the prompt's first token is the first of all
};

/// begin, prompt, answer, end.
struct Item {
    std::vector<int> tokens;
    int              prompt = 0;  ///< tokens before the answer, begin among them
    std::vector<int> targets =
        {};  ///< of every token, -1 where nothing is graded; empty: the tokens that follow
    int              passes    = 0;   ///< times the looped layers run for it; 0: as the trainer's options say
    std::vector<int> positions = {};  ///< ids of the tokens that are read, see Place; empty: their places
    std::vector<int> mask =
        {};  ///< of every token, 0 where the loss does not grade it; empty: it may grade all
    Difficulty difficulty = {};  ///< how hard it was meant to be
};

enum class Ended { yes, no };  ///< whether the answer came to its end, or was cut off

namespace detail {

/// see(the text up to its end) for every token of a prompt, and then of an answer: no word begins in one and ends in
/// the other.
template <class See>
void each_token(Vocab const& vocab, std::string_view prompt, std::string_view answer, See&& see) {
    const std::string all = std::string(prompt).append(answer);
    for (std::size_t at = 0; at < all.size();) {
        const std::string_view text = all;
        at += vocab.first(at < prompt.size() ? text.substr(at, prompt.size() - at) : text.substr(at));
        see(text.substr(0, at));
    }
}

}  // namespace detail

/// The ids of a begin token and of every token after it; none where nobody names them.
[[gnu::noinline]] inline std::vector<int> positions_of(Vocab const& vocab, std::string_view prompt,
                                                       std::string_view answer, Place const& place) {
    if (!place) return {};
    std::vector<int> ids{0};
    detail::each_token(vocab, prompt, answer, [&](std::string_view text) { ids.push_back(place(text)); });
    return ids;
}
inline std::vector<int> positions_of(Vocab const& vocab, std::string_view text, Place const& place) {
    return positions_of(vocab, text, "", place);
}

/// The same where every character is a token.
inline std::vector<int> positions_of(std::string_view text, Place const& place) {
    return positions_of(Vocab{""}, text, place);
}

/// @param place  the task's ids, see place_of()
[[gnu::noinline]] inline Item encode(Vocab const& vocab, Example const& example, Ended ended = Ended::yes,
                                     Place const& place = {}) {
    Item item;
    item.tokens.reserve(example.prompt.size() + example.answer.size() + 2);
    item.tokens.push_back(Vocab::begin);
    vocab.append(item.tokens, example.prompt);
    item.prompt = int(item.tokens.size());
    vocab.append(item.tokens, example.answer);
    if (place) item.positions = positions_of(vocab, example.prompt, example.answer, place);
    if (ended == Ended::yes) item.tokens.push_back(Vocab::end);
    else if (place) item.positions.pop_back();  // the last token is never read
    return item;
}

/// Without its first, if there is one.
inline void drop_first(std::vector<int>& list) {
    for (std::size_t i = 1; i < list.size(); ++i) list[i - 1] = list[i];
    if (!list.empty()) list.pop_back();
}

/// An item of encode() or encode_at_once() with something else before it, or nothing. The ids that a task names stay.
[[gnu::noinline]] inline Item with_opening(Item item, Opening opening) {
    if (opening == Opening::begin) return item;
    RUNG_CHECK(item.prompt > 1 && item.tokens.front() == Vocab::begin, "with_opening: item; got ",
               item.prompt, " tokens before the answer, wanted a begin token and a prompt");
    if (opening == Opening::newline) {
        item.tokens.front() = Vocab::end;
        return item;
    }
    --item.prompt;
    for (auto* list : {&item.tokens, &item.targets, &item.positions, &item.mask}) drop_first(*list);
    return item;
}

/// The whole answer is read at once, from the prompt's last token on: what follows it are `places` end tokens that tell
/// nothing, and what is not needed of them is graded as ends (Fan et al., "Looped transformers for length
/// generalization", ICLR 2025).
/// @param places  tokens of the longest answer that there could have been
/// @param place   the task's ids: it is asked about the prompt and as many blanks, whatever the answer
[[gnu::noinline]] inline Item encode_at_once(Vocab const& vocab, Example const& example, int places,
                                             Place const& place = {}) {
    RUNG_CHECK(!example.prompt.empty(), "encode_at_once: prompt; got none, wanted at least a token");
    RUNG_CHECK(vocab.count(example.answer) <= places, "encode_at_once: answer; got ",
               vocab.count(example.answer), " tokens, wanted at most ", places);
    Item item    = encode(vocab, {example.prompt, ""}, Ended::no);
    item.targets = std::vector<int>(item.tokens.size() - 1, -1);
    vocab.append(item.targets, example.answer);
    for (int i = 0; i < places; ++i) item.tokens.push_back(Vocab::end);
    while (item.targets.size() < item.tokens.size()) item.targets.push_back(Vocab::end);
    if (place)
        item.positions = positions_of(vocab, example.prompt, std::string(std::size_t(places), blank), place);
    return item;
}

/// An example as its task has it read and graded: with the task's ids and its loss mask. A token of several characters
/// is graded where its last one is.
/// @param places  for an answer that is read at once, see encode_at_once()
template <class Task>
Item encode_of(Task const& task, Vocab const& vocab, Example const& example, Answering answering, int places,
               Ended ended = Ended::yes) {
    const bool by_token = answering == Answering::by_token;
    Item       item     = by_token ? encode(vocab, example, ended, place_of(task))
                                   : encode_at_once(vocab, example, places, place_of(task));
    if constexpr (MasksLoss<Task>) {
        std::size_t token = 0;
        if (by_token) item.mask = std::vector<int>(item.tokens.size(), 1);
        detail::each_token(vocab, example.prompt, example.answer, [&](std::string_view text) {
            ++token;
            if (graded(task, text)) return;
            if (by_token) item.mask[token] = 0;
            else if (text.size() > example.prompt.size()) item.targets[token - 1] = -1;
        });
    }
    return item;
}

}  // namespace rung
