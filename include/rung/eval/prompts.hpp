#pragma once
// A call to decode(): its prompts, with their tokens and the position that each has, there and in the answers.

#include <algorithm>
#include <atomic>
#include <concepts>
#include <span>
#include <string>
#include <vector>

#include "rung/data/pack.hpp"
#include "rung/eval/sample.hpp"
#include "rung/model/position/ids.hpp"
#include "rung/model/weights.hpp"

namespace rung::detail {

template <class Model>
class Prompts {
    using Position               = typename Model::position_type;
    static constexpr int context = Model::shape.context;

public:
    /// Throws on no prompt at all, on a vocabulary of another size than the model's, on options below 0, on dropout, on
    /// a prompt that leaves the context no room for a token, on a character outside the alphabet, and on an empty
    /// prompt with nothing before it.
    Prompts(Vocab const& vocab, std::vector<std::string> const& texts, DecodeOptions const& options,
            std::uint64_t seed)
        : vocab_(vocab), texts_(texts), place_(options.place), tokens_(texts.size()) {
        if (place_) ids_ = std::vector<std::vector<int>>(texts.size());
        if (DrawsRows<Position>) rows_ = std::vector<std::vector<int>>(texts.size());
        RUNG_CHECK(!texts.empty(), "decode: prompts; got none, wanted at least 1");
        RUNG_CHECK(vocab.size() == Model::shape.vocab, "decode: vocabulary; got ", vocab.size(),
                   " tokens, wanted ", Model::shape.vocab, ", the model's");
        check_options(options);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            auto& tokens = tokens_[i];
            if (options.opening != Opening::nothing)
                tokens.push_back(options.opening == Opening::begin ? Vocab::begin : Vocab::end);
            vocab.append(tokens, texts[i]);
            const int count = int(tokens.size());
            RUNG_CHECK(count > 0, "decode: prompt ", i,
                       "; got no tokens, wanted at least 1 where nothing stands before it (see "
                       "DecodeOptions::opening)");
            RUNG_CHECK(count < context, "decode: prompt ", i, "; got ", count, " tokens, wanted fewer than ",
                       context, ", the model's context");
            capacity_ = std::max(capacity_, Index{longest(count, options.limit)});
            if (place_) ids_[i] = positions_of(vocab, texts[i], place_);
            if (place_ && options.opening == Opening::nothing) drop_first(ids_[i]);
            if constexpr (DrawsRows<Position>) {
                // An answer's ids go up by at most one a token, as places do.
                int most = count;
                if (place_)
                    for (const int id : ids_[i]) most = std::max(most, id + 1);
                rows_[i] =
                    drawn_rows<Position>(longest(most, options.limit), Phase::evaluation, seed,
                                         options.stream, std::uint32_t(options.first) + std::uint32_t(i));
            }
        }
    }

    int                     count() const { return int(texts_.size()); }
    Index                   capacity() const { return capacity_; }  ///< tokens of the longest, answered
    std::string const&      text(int prompt) const { return texts_[std::size_t(prompt)]; }
    std::vector<int> const& tokens(int prompt) const { return tokens_[std::size_t(prompt)]; }

    /// Of token number `at`: one of the prompt's, or the last of those `written` after it.
    int position(int prompt, int at, std::span<int const> written = {}) const {
        const auto i  = std::size_t(prompt);
        int        id = at;
        if (place_)
            id = written.empty()
                     ? ids_[i][std::size_t(at)]
                     : place_(texts_[i] + vocab_.decode({written.data(), written.data() + written.size()}));
        const int most = rows_.empty() ? context : int(rows_[i].size());
        RUNG_CHECK(id >= 0 && id < most, "decode: prompt ", prompt, ": place of token ", at, "; got ", id,
                   ", wanted 0 to ", most - 1);
        return rows_.empty() ? id : rows_[i][std::size_t(id)];
    }

private:
    /// Tokens, or ids, that so many of a prompt's may become.
    static int longest(int count, int limit) {
        return limit > 0 && limit < context - count ? count + limit : context;
    }

    Vocab const&                    vocab_;
    std::vector<std::string> const& texts_;
    Place const&                    place_;
    std::vector<std::vector<int>>   tokens_, ids_, rows_;  // ids and rows: where they are not places
    Index                           capacity_ = 0;
};

/// What the lanes of one call share.
/// @tparam Rule  AnyExit, or NoExit where there can be none
template <class Model, class Real, class Rule>
struct DecodeCall {
    Weights<Acc<Real>>    weights;
    Vocab const&          vocab;
    Prompts<Model> const& prompts;
    Rule const&           rule;
    DecodeOptions const&  options;
    std::uint64_t         seed;
    Index                 capacity;  ///< tokens of the longest sequence
    std::vector<Answer>&  answers;
    std::atomic<int>      next{0};  ///< first prompt that nobody has taken
};

}  // namespace rung::detail

namespace rung {

/// Of one prompt without braces: a sentence.
template <class Context, class Model, class Asked, std::convertible_to<std::string_view> Text>
void decode(Context&, Model const&, Asked const&, Text const&, DecodeOptions const& = {}) {
    static_assert(!std::is_same_v<Text, Text>,
                  "decode: wanted a list of prompts: decode(ctx, model, task, {\"12=\"})");
}

}  // namespace rung
