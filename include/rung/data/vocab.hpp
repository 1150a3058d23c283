#pragma once
// Characters <-> token ids. Ids 0, 1, 2 are pad, begin and end; the alphabet follows in its own order.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/check.hpp"

namespace rung {

class Vocab {
public:
    static constexpr int pad = 0, begin = 1, end = 2, specials = 3;

    explicit Vocab(std::string_view alphabet) : alphabet_(alphabet) {
        ids_.fill(-1);
        for (std::size_t i = 0; i < alphabet.size(); ++i) {
            int& id = ids_[static_cast<unsigned char>(alphabet[i])];
            RUNG_CHECK(id < 0, "Vocab: alphabet; got ", shown(alphabet[i]), " twice, wanted each byte once");
            id = specials + int(i);
        }
    }

    int size() const { return specials + int(alphabet_.size()); }

    int id(char c) const {
        const int id = ids_[static_cast<unsigned char>(c)];
        RUNG_CHECK(id >= 0, "Vocab: character; got ", shown(c), ", wanted one of '", alphabet_, "'");
        return id;
    }

    /// Appends the ids of `text`; throws at a character outside the alphabet.
    [[gnu::noinline]] void append(std::vector<int>& tokens, std::string_view text) const {
        for (const char c : text) tokens.push_back(id(c));
    }

    /// Text of ids. Begin and pad print nothing; end prints the newline that ends a line of the papers'
    /// files.
    [[gnu::noinline]] std::string decode(std::vector<int> const& tokens) const {
        std::string text;
        for (const int token : tokens) {
            RUNG_CHECK(token >= 0 && token < size(), "Vocab: token; got ", token, ", wanted 0 to ",
                       size() - 1);
            if (token == end) text += '\n';
            else if (token >= specials) text += alphabet_[std::size_t(token - specials)];
        }
        return text;
    }

    /// One character to show a token by, whether it prints or not.
    std::string symbol(int token) const {
        constexpr char const* of_specials[] = {"∅", "▸", "↵"};
        if (token >= 0 && token < specials) return of_specials[token];
        const auto text = decode({token});
        return text == " " ? "␣" : text;
    }

private:
    /// 'x', or \x0a for what does not print; characters are single bytes.
    static std::string shown(char c) {
        constexpr char hex[] = "0123456789abcdef";
        const auto     byte  = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) return {'\'', c, '\''};
        return {'\\', 'x', hex[byte / 16], hex[byte % 16]};
    }

    std::string          alphabet_;
    std::array<int, 256> ids_{};
};

}  // namespace rung
