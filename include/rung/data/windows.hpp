#pragma once
// Examples end to end as one text, read through windows that begin anywhere in it, often in the middle of an example:
// every token is learnt from, none is padding (Lee et al., "Teaching arithmetic to small transformers", ICLR 2024,
// after nanoGPT). Beside it stands what Lesson does: an example a sequence, of which the answer is learnt from.

#include "rung/core/shuffle.hpp"
#include "rung/data/source.hpp"

namespace rung {

template <class Task>
class Windows {
public:
    static constexpr int vocab = vocab_size<Task>();
    static_assert(!NamesPlaces<Task>,
                  "Windows: a window has no beginning to number from; give Lesson a task with a `place`");
    static_assert(!MasksLoss<Task>,
                  "Windows: every token is learnt from; give Lesson or ExampleSet a task with a `graded`");

    /// @param examples  shuffled once, and written with the end token after each; a begin token is nowhere
    /// @param length    tokens that a window reads: no more than the model's context
    /// @param seed      of the shuffle
    Windows(Task const&, std::vector<Example> examples, int length, std::uint64_t seed) : length_(length) {
        Rng         rng(seed, Purpose::training, ~0u, ~0u, 1);
        const Vocab words = vocab_of<Task>();
        shuffle(rng, examples);
        for (auto const& [prompt, answer] : examples) {
            words.append(text_, prompt);
            words.append(text_, answer);
            text_.push_back(Vocab::end);
        }
        RUNG_CHECK(text_.size() <= 0xffff'ffff, "Windows: text; got ", text_.size(),
                   " tokens, wanted less than 2^32");
        RUNG_CHECK(length >= 1 && text_.size() > std::size_t(length), "Windows: length; got ", length,
                   " tokens, wanted at least 1, and fewer than the ", text_.size(), " of the text");
    }

    /// @throw Error  where answers are to be read at once: a window has no end to read them at
    Item draw(Rng& rng, int, Answering answering) const {
        RUNG_CHECK(answering == Answering::by_token,
                   "Windows: answering; got at_once, wanted by_token, because a window may end anywhere");
        const auto from = text_.begin() + rng.below(std::uint32_t(text_.size() - std::size_t(length_)));
        return {.tokens = {from, from + length_ + 1}};
    }
    int longest() const { return length_; }
    /// Tokens of the whole text.
    std::size_t size() const { return text_.size(); }

private:
    std::vector<int> text_;
    int              length_;
};

}  // namespace rung
