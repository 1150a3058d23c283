#pragma once
// How answers are written, and the drawing of tokens.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "rung/core/rng.hpp"
#include "rung/core/view.hpp"
#include "rung/data/pack.hpp"
#include "rung/eval/answer.hpp"
#include "rung/eval/exit/exit.hpp"
#include "rung/model/tape.hpp"
#include "rung/task/task.hpp"

namespace rung {

struct DecodeOptions {
    /// Most new tokens per answer, its end among them; 0: whatever the context leaves room for.
    int           limit       = 0;
    double        temperature = 0;  ///< 0: greedy. Otherwise logits are divided by it and a token is drawn
    int           top_k       = 0;  ///< draw among the k likeliest; 0, or more than there are: among all
    std::uint32_t stream      = 0;  ///< of random numbers: prompt i of two streams is drawn differently
    std::uint32_t site        = 0;  ///< below 2^24: the same once more, for streams of two numbers
    int           first       = 0;  ///< number of the first prompt among those of the stream
    Run           run         = {};
    int group = 0;  ///< places of a lane: sequences that one thread decodes together; 0: what suits the model
    Place   place   = {};  ///< ids of the task that the model was trained on, see place_of(); empty: places
    Opening opening = Opening::begin;  ///< before each prompt, at place 0
};

namespace detail {

[[gnu::cold, gnu::noinline]] inline void check_options(DecodeOptions const& options) {
    check_number(options.limit >= 0, "decode: limit", options.limit, "at least 0");
    check_number(options.group >= 0, "decode: group", options.group, "at least 0");
    check_number(options.top_k >= 0, "decode: top_k", options.top_k, "at least 0");
    check_number(options.temperature >= 0, "decode: temperature", options.temperature, "at least 0");
    check_number(options.first >= 0, "decode: first", options.first, "at least 0");
    RUNG_CHECK(options.top_k == 0 || options.temperature > 0, "decode: top_k; got ", options.top_k,
               " at temperature 0, which takes the likeliest token; wanted a temperature, or none");
    RUNG_CHECK(options.run.dropout.rate == 0, "decode: run.dropout; got ", options.run.dropout.rate,
               ", wanted 0: only training drops anything");
}

struct Choice {
    int    token;
    double probability;  ///< under softmax(logits), whatever the temperature
};

/// Draws tokens; pad and begin are never written. Keeps its working memory.
class Sampler {
public:
    explicit Sampler(int vocab) : order_(std::size_t(vocab - Vocab::end)), weight_(order_.size()) {}

    /// A token drawn from softmax(logits / temperature), cut to the k likeliest.
    template <class Real>
    Choice draw(Mat<Real const> logits, DecodeOptions const& options, Rng& rng) {
        Real const* at = logits.data;
        for (Index i = Vocab::end; i < logits.cols; ++i)  // NaN has no place in an order
            RUNG_CHECK(std::isfinite(double(at[i])), "decode: logits; got ", double(at[i]),
                       ", wanted finite numbers");
        for (Index i = 0; i < order_.size(); ++i)
            order_[i] = {falling(double(at[Vocab::end + i])), std::size_t(Vocab::end + i)};
        order_.sort();
        const double top = double(at[order_[0].number]);
        double       sum = 0;
        for (auto const& [rank, token] : order_) sum += std::exp(double(at[token]) - top);
        const bool  cut  = options.top_k > 0 && options.top_k < int(order_.size());
        const Index kept = cut ? options.top_k : order_.size();
        double      left = 0;
        for (Index i = 0; i < kept; ++i)
            left += weight_[i] = std::exp((double(at[order_[i].number]) - top) / options.temperature);
        left *= double(rng.uniform());
        Index i = 0;
        while (i + 1 < kept && (left -= weight_[i]) >= 0) ++i;
        const std::size_t token = order_[i].number;
        return {int(token), std::exp(double(at[token]) - top) / sum};
    }

    /// The largest logit, the lowest of equals.
    template <class Real>
    static Choice likeliest(Mat<Real const> logits) {
        Real const* at  = logits.data;
        int         top = Vocab::end;
        double      sum = 0;
        for (int token = top + 1; token < logits.cols; ++token)
            if (at[token] > at[top]) top = token;
        for (int token = Vocab::end; token < logits.cols; ++token)
            sum += std::exp(double(at[token]) - double(at[top]));
        return {top, 1 / sum};
    }

private:
    /// A number that is smaller the larger x is: the bits of doubles are in their order, of negative ones in reverse.
    static std::uint64_t falling(double x) {
        static_assert(sizeof(std::size_t) >= 8, "Sampler: Ranks must hold the bits of a double");
        const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);  // zeros are equal, whatever their sign
        return bits >> 63 ? bits : ~bits & ~(std::uint64_t{1} << 63);
    }

    Ranks          order_;  // of tokens, the likeliest first
    Buffer<double> weight_;
};

}  // namespace detail

}  // namespace rung
