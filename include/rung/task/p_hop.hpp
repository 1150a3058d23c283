#pragma once
// Hopping back through a text: from the last character to the one after the same character's previous place, and so on;
// which character is reached? "bacba=", one hop -> "c". "-" where there is no such place (Sanford, Hsu and Telgarsky,
// "Transformers, parallel computation, and logarithmic depth", ICML 2024; with four letters, Saunshi et al., "Reasoning
// with latent thoughts", ICLR 2025). Difficulties are the length and the hops; where there are five characters to a
// hop, few answers are "-". A prompt does not say how many hops: a curriculum of several asks it for several answers.

#include <string>

#include "rung/task/ordinal.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct PHop {
    static constexpr std::string_view                alphabet = "abcd-=";
    static constexpr int                             vocab    = vocab_size(alphabet);
    static constexpr std::array<std::string_view, 2> axes{"length", "hops"};
    struct Size {
        int length = 0, hops = 0;
    };

    Example sample(Rng& rng, Size size) const {
        RUNG_CHECK(size.length >= 1, "PHop: length; got ", size.length, ", wanted at least 1");
        std::string text(std::size_t(size.length), 'a');
        for (char& c : text) c = "abcd"[rng.below(4)];
        return example(text, size.hops);
    }
    Example example(std::string_view text, int hops) const {
        RUNG_CHECK(!text.empty() && text.find_first_not_of("abcd") == std::string_view::npos,
                   "PHop: text; got '", text, "', wanted letters, a to d");
        RUNG_CHECK(hops >= 1, "PHop: hops; got ", hops, ", wanted at least 1");
        std::size_t at = text.size() - 1;
        for (int hop = 0; hop < hops; ++hop) {
            const std::size_t same = at == 0 ? std::string_view::npos : text.substr(0, at).rfind(text[at]);
            if (same == std::string_view::npos) return {std::string(text) + "=", "-"};
            if (same + 1 == at) break;  // here it stays
            at = same + 1;
        }
        return {std::string(text) + "=", std::string(1, text[at])};
    }
    /// The same prompt is asked of different hops.
    static std::optional<Ordinal> ordinal(std::string_view prompt) {
        return ordinal_of_text(before_equals(prompt), "abcd");
    }
    constexpr int longest(Size size) const { return size.length + 2; }
};

}  // namespace rung
