#pragma once
// What the models are given to do: random tokens to train on, and random prompts that are continued for exactly as
// many tokens as asked for.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rung/rung.hpp"

namespace rung::bench {

/// `count` sequences of `length` inputs, every one graded.
inline Batch random_batch(int vocab, int count, int length) {
    std::vector<Item> items;
    for (int b = 0; b < count; ++b) {
        Rng  rng(1, Purpose::user, 0, std::uint32_t(b));
        Item item{{}, 1};
        for (int t = 0; t <= length; ++t) item.tokens.push_back(int(rng.below(std::uint32_t(vocab))));
        items.push_back(std::move(item));
    }
    return pack(items, Grade::everything, length);
}

/// What is decoded: prompts of 20 tokens, 40 new tokens each.
struct Decoding {
    static constexpr int prompts = 256, prompt = 20, fresh = 40;  // so many unless asked for others
    static constexpr std::string_view alphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";  // and three specials: 64 tokens

    Vocab                    vocab{alphabet};
    std::vector<std::string> texts;

    explicit Decoding(int count = prompts) {
        for (int i = 0; i < count; ++i) {
            Rng rng(1, Purpose::user, 1, std::uint32_t(i));
            texts.emplace_back();
            for (int t = 1; t < prompt; ++t)  // the begin token comes first
                texts.back() += alphabet[rng.below(std::uint32_t(alphabet.size()))];
        }
    }

    /// Returns the number of tokens written, always the same. The model must be one that `never_end` has seen.
    template <class Context, class Model>
    long run(Context& ctx, Model const& model) const {
        long tokens = 0;
        for (auto const& answer : decode(ctx, model, vocab, texts, {.limit = fresh})) tokens += answer.tokens;
        const long wanted = long(texts.size()) * fresh;
        RUNG_CHECK(tokens == wanted, "Decoding: tokens; got ", tokens, ", wanted ", wanted,
                   " (did an answer end early?)");
        return tokens;
    }
};

/// Lets an untrained model write for ever: the end token's logit becomes 0, and among the 61 others, which chance makes
/// positive or negative, some is larger. Nothing about the work changes.
template <class Model>
void never_end(Model& model) {
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        Mat<float> w{model.weights().data() + offset, spec.rows, spec.cols};
        if (name == "embed.tokens")  // what tied logits are products with; `end` is never an input
            for (Index j = 0; j < w.cols; ++j) w(Vocab::end, j) = 0;
        if (name == "unembed.weight")
            for (Index i = 0; i < w.rows; ++i) w(i, Vocab::end) = 0;
    });
}

}  // namespace rung::bench
