#pragma once
// Tokens of several characters, beside the single characters of an alphabet: a maze's node 63 is one token. Text stays
// text; of the words that it may go on with, the longest is read.

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rung/core/ranks.hpp"

namespace rung {

namespace detail {

constexpr int digits_of(int n) { return n < 10 ? 1 : 1 + digits_of(n / 10); }

template <int From, int To>
struct NumberWords {
    static constexpr auto text = [] {
        std::array<char, std::size_t(To - From + 1) * digits_of(To)> all{};
        for (int n = From, at = 0; n <= To; ++n) {
            for (int d = digits_of(n), rest = n; d-- > 0; rest /= 10)
                all[std::size_t(at + d)] = char('0' + rest % 10);
            at += digits_of(n);
        }
        return all;
    }();
    static constexpr auto words = [] {
        std::array<std::string_view, std::size_t(To - From + 1)> all{};
        for (std::size_t i = 0, at = 0; i < all.size(); ++i) {
            all[i] = {text.data() + at, std::size_t(digits_of(From + int(i)))};
            at += all[i].size();
        }
        return all;
    }();
};

}  // namespace detail

/// "10", "11", ... "99" for <10, 99>: for a task's `words`.
template <int From, int To>
inline constexpr auto const& number_words = detail::NumberWords<From, To>::words;

/// Finds words at the start of texts.
class Words {
public:
    [[gnu::cold, gnu::noinline]] explicit Words(std::span<std::string_view const> words = {})
        : words_(words.size()) {
        Ranks order(words_.size());
        for (std::size_t i = 0; i < words_.size(); ++i) {
            words_[i]        = words[i];
            const auto first = static_cast<unsigned char>(words_[i].front());
            order[Index(i)]  = {(std::size_t{first + 1u} << 32) - words_[i].size(), i};
            ++starts_[first + 1u];
        }
        order.sort();
        for (auto const& [rank, word] : order) order_.push_back(int(word));
        for (std::size_t c = 0; c < 256; ++c) starts_[c + 1] += starts_[c];
    }

    int                size() const { return int(words_.size()); }
    std::string const& operator[](int word) const { return words_[std::size_t(word)]; }

    /// The number of the longest word that a text begins with, or -1.
    int match(std::string_view text) const {
        const auto c = static_cast<unsigned char>(text.front());
        for (int i = starts_[c]; i < starts_[c + 1u]; ++i)
            if (text.starts_with(words_[std::size_t(order_[std::size_t(i)])])) return order_[std::size_t(i)];
        return -1;
    }

private:
    std::vector<std::string> words_;
    std::vector<int>         order_;     // by first byte, then longest first
    std::array<int, 257>     starts_{};  // in order_, of the words with each first byte
};

}  // namespace rung
