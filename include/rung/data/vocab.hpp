#pragma once
// Characters <-> token ids. Ids 0, 1, 2 are pad, begin and end; the alphabet follows in its own order, then words of
// several characters, where a task has such.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/buffer.hpp"
#include "rung/core/check.hpp"
#include "rung/task/task.hpp"

namespace rung {

class Vocab {
public:
    static constexpr int pad = 0, begin = 1, end = 2, specials = 3;

    /// @param words  tokens of several characters: of those that a text may go on with, the longest is read
    [[gnu::cold, gnu::noinline]] explicit Vocab(std::string_view                  alphabet,
                                                std::span<std::string_view const> words = {})
        : alphabet_(alphabet), words_(words) {
        ids_.fill(-1);
        for (std::size_t i = 0; i < alphabet.size(); ++i) {
            int& id = ids_[static_cast<unsigned char>(alphabet[i])];
            RUNG_CHECK(id < 0, "Vocab: alphabet; got '", shown(alphabet[i]),
                       "' twice, wanted each byte once");
            id = specials + int(i);
        }
        for (int i = 0; i < words_.size(); ++i)
            RUNG_CHECK(words_[i].size() > 1 && words_.match(words_[i]) == i, "Vocab: words; got '", words_[i],
                       "', wanted at least two characters, and each word once");
    }

    int size() const { return specials + int(alphabet_.size()) + words_.size(); }

    int id(char c) const {
        const int id = ids_[static_cast<unsigned char>(c)];
        RUNG_CHECK(id >= 0, "Vocab: character; got '", shown(c), "', wanted one of '", alphabet_, "'");
        return id;
    }

    /// Appends the ids of `text`; throws at a character outside the alphabet.
    [[gnu::noinline]] void append(std::vector<int>& tokens, std::string_view text) const {
        if (words_.size() > 0) return append_words(tokens, text);
        const std::size_t before = tokens.size();
        tokens.resize(before + text.size());
        int lowest = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            tokens[before + i] = ids_[static_cast<unsigned char>(text[i])];
            lowest             = std::min(lowest, tokens[before + i]);
        }
        if (lowest >= 0) return;
        tokens.resize(before);
        for (std::size_t i = 0; i < text.size(); ++i) id(text, i);  // which throws at the culprit
    }
    /// Characters of the first token of a text.
    std::size_t first(std::string_view text) const {
        const int word = words_.size() > 0 ? words_.match(text) : -1;
        return word < 0 ? 1 : words_[word].size();
    }
    /// Tokens of a text.
    int count(std::string_view text) const {
        int count = 0;
        for (; !text.empty(); ++count) text.remove_prefix(first(text));
        return count;
    }

    /// Text of ids. Begin and pad print nothing; end prints the newline that ends a line of the papers'
    /// files.
    [[gnu::noinline]] std::string decode(std::vector<int> const& tokens) const {
        const int   first_word = specials + int(alphabet_.size());
        std::string text;
        for (const int token : tokens) {
            RUNG_CHECK(token >= 0 && token < size(), "Vocab: token; got ", token, ", wanted 0 to ",
                       size() - 1);
            if (token == end) text += '\n';
            else if (token >= first_word) text += words_[token - first_word];
            else if (token >= specials) text += alphabet_[std::size_t(token - specials)];
        }
        return text;
    }

    /// What to show a token by, one character or a word, whether it prints or not.
    std::string symbol(int token) const {
        constexpr char const* of_specials[] = {"∅", "▸", "↵"};
        if (token >= 0 && token < specials) return of_specials[token];
        const auto text = decode({token});
        return text == " " ? "␣" : text;
    }

private:
    void append_words(std::vector<int>& tokens, std::string_view text) const {
        const std::size_t before     = tokens.size();
        const int         first_word = specials + int(alphabet_.size());
        for (std::size_t i = 0; i < text.size();) {
            const int word = words_.match(text.substr(i));
            if (word < 0 && ids_[static_cast<unsigned char>(text[i])] < 0) {
                tokens.resize(before);
                return append_shorter_words(tokens, text, i);
            }
            tokens.push_back(word < 0 ? id(text, i) : first_word + word);
            i += word < 0 ? 1 : words_[word].size();
        }
    }
    /// Where the longest words leave what is no token: "120" is "1" and "20" if there is no "0". So whatever tokens
    /// wrote can be read. Throws at `at` what cannot.
    [[gnu::cold, gnu::noinline]] void append_shorter_words(std::vector<int>& tokens, std::string_view text,
                                                           std::size_t at) const {
        // Of the token that is read there; 0: no way to the end.
        const auto    last = Index(text.size());
        Buffer<Index> size(last + 1);
        const auto    part = [&](Index from, Index count) {
            return text.substr(std::size_t(from), std::size_t(count));
        };
        size[last] = 1;
        for (Index i = last; i-- > 0;) {
            for (Index room = last - i; room > 1 && size[i] == 0; --room) {
                const int word = words_.match(part(i, room));
                if (word < 0) break;
                room = Index(words_[word].size());
                if (size[i + room] > 0) size[i] = room;
            }
            const bool single =
                ids_[static_cast<unsigned char>(text[std::size_t(i)])] >= 0 && size[i + 1] > 0;
            if (size[i] == 0 && single) size[i] = 1;
        }
        if (size[0] == 0) id(text, at);
        const int first_word = specials + int(alphabet_.size());
        for (Index i = 0; i < last; i += size[i])
            tokens.push_back(size[i] == 1 ? id(text, std::size_t(i))
                                          : first_word + words_.match(part(i, size[i])));
    }
    int id(std::string_view text, std::size_t at) const {
        const int id = ids_[static_cast<unsigned char>(text[at])];
        RUNG_CHECK(id >= 0, "Vocab: character ", at, " of '", around(text, at), "'; got '", shown(text[at]),
                   "', wanted one of '", alphabet_, "'");
        return id;
    }

    /// x, or \x0a for what does not print; characters are single bytes.
    static std::string shown(char c) {
        constexpr char hex[] = "0123456789abcdef";
        const auto     byte  = static_cast<unsigned char>(c);
        const char     all[] = {'\\', 'x', hex[byte / 16], hex[byte % 16]};
        return byte >= 0x20 && byte < 0x7f ? std::string(1, c) : std::string(all, sizeof all);
    }
    static std::string around(std::string_view text, std::size_t at) {
        constexpr std::size_t reach = 16;
        const std::size_t     from = at - std::min(at, reach), to = std::min(text.size(), at + reach + 1);
        std::string           all = from > 0 ? "..." : "";
        for (std::size_t i = from; i < to; ++i) all += shown(text[i]);
        return to < text.size() ? all + "..." : all;
    }

    std::string          alphabet_;
    Words                words_;
    std::array<int, 256> ids_{};
};

/// A task's own: vocab_size<Task>() tokens.
template <class Task>
Vocab vocab_of() {
    if constexpr (HasWords<Task>) return Vocab{Task::alphabet, Task::words};
    else return Vocab{Task::alphabet};
}

}  // namespace rung
