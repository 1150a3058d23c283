#pragma once
// A model small enough to train in a test.

#include "rung/rung.hpp"

namespace rung_test {

using namespace rung;

inline constexpr Shape small{.vocab = Reverse::vocab, .context = 40, .width = 16, .heads = 2};

template <class Position = NoPe, class Depth = Stacked<2>, class Style = Llama>
using SmallModel = Transformer<small, Position, Depth, Style>;

/// Reversal that counts digits from where their string begins, so that a digit and its copy are far apart.
struct Numbered : Reverse {
    int place(std::string_view text) const { return digit_place(text); }
};

/// Batch number `index` of strings of 1 to `longest` digits.
inline Batch small_batch(std::uint32_t index, int count = 24, int longest = 6, Place const& place = {}) {
    const Vocab       vocab{Reverse::alphabet};
    std::vector<Item> items;
    for (int i = 0; i < count; ++i) {
        Rng       rng(1, Purpose::training, index, std::uint32_t(i));
        const int difficulty = rng.between(1, longest);
        items.push_back(encode(vocab, Reverse{}.sample(rng, difficulty), Ended::yes, place));
    }
    return pack(items, Grade::answer, small.context);
}

/// Prompts of strings of 1 to `longest` digits, always the same.
inline std::vector<std::string> small_prompts(int count, int longest = 9) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
        Rng       rng(5, Purpose::user, 0, std::uint32_t(i));
        const int difficulty = rng.between(1, longest);
        out.push_back(Reverse{}.sample(rng, difficulty).prompt);
    }
    return out;
}

}  // namespace rung_test
