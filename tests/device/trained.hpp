#pragma once
// Models that are trained for a few steps and asked, on any device, and how near the results are.

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

namespace rung_test {

template <Shape S, class Position, class Depth, class Style>
struct Kind {
    using Model = Transformer<S, Position, Depth, Style>;
};
inline constexpr Shape odd{.vocab = Reverse::vocab, .context = 40, .width = 18, .heads = 3},
    flash{.vocab = Reverse::vocab, .context = 90, .width = 32, .heads = 2},
    grouped{.vocab = Reverse::vocab, .context = 40, .width = 16, .heads = 4, .kv_heads = 2};
using Untied = GptStyle<Bias::everywhere, Embeddings::separate>;
using Tied   = Kind<small, Learned, Stacked<2>, Gpt>;
using Apart  = Kind<odd, Learned, Stacked<1>, Untied>;
using Turned = Kind<odd, Rope<>, Stacked<2>, Llama>;
using Loop   = Kind<small, Rope<>, Looped<3, 1, AddInput>, Llama>;
using Gates  = Kind<small, Learned, NormBetween<PassEmbedding<Looped<3, 1, GateInput>>>, Gpt>;
using Noise  = Kind<small, Rope<>, StartFrom<Start::random, PreludeCoreCoda<1, 1, 1, 2, ConcatInput>>, Llama>;
using Core   = Kind<small, NoPe, PreludeCoreCoda<1, 1, 1, 2>, Gpt>;
using Shared = Kind<grouped, T5<>, Looped<2, 1, AddInput>, Llama>;
using Pairs  = Kind<odd, Fire<8, 6>, Stacked<1>, Gpt>;
using Last   = Kind<odd, Sinusoidal<>, Stacked<2>, Vaswani>;
using Around = Kind<small, Rope<100, 50, 2>, Stacked<2>, Gemma>;

struct Result {
    std::vector<double> losses, norms;
    Buffer<float>       weights;
    std::vector<Answer> greedy, drawn, full;
};

/// A few steps of training, then answers.
template <class Model, class Context>
Result result(Context& ctx, int steps, TrainerOptions const& options = {}, Place const& place = {}) {
    Model   model{ctx};
    Trainer trainer{ctx, model, options};
    Result  result;
    for (int step = 0; step < steps; ++step) {
        const StepResult one = trainer.step(small_batch(std::uint32_t(step), 24, 6, place), 3e-3);
        result.losses.push_back(one.loss), result.norms.push_back(one.gradient);
    }
    result.weights = model.weights().copy();
    const Vocab vocab{Reverse::alphabet};
    result.greedy = decode(ctx, model, vocab, small_prompts(11), {.limit = 12, .group = 4, .place = place});
    result.drawn  = decode(ctx, model, vocab, small_prompts(7),
                           {.limit = 9, .temperature = 0.7, .top_k = 5, .place = place});
    // Until the end, or the context's.
    result.full = decode(ctx, model, vocab, small_prompts(5), {.group = 3, .place = place});
    return result;
}

inline double furthest(Buffer<float> const& a, Buffer<float> const& b) {
    double most = 0;
    for (Index i = 0; i < a.size(); ++i) most = std::max(most, double(std::abs(a[i] - b[i])));
    return most;
}

inline void check_same(Result const& got, Result const& want, double gap) {
    for (std::size_t i = 0; i < want.losses.size(); ++i) {
        CAPTURE(i);
        CHECK(got.losses[i] == doctest::Approx(want.losses[i]).epsilon(1e-5));
        CHECK(got.norms[i] == doctest::Approx(want.norms[i]).epsilon(1e-4));
    }
    CHECK(furthest(got.weights, want.weights) < gap);
    for (std::size_t i = 0; i < want.greedy.size(); ++i) {
        CHECK(got.greedy[i].text == want.greedy[i].text);
        CHECK(got.greedy[i].confidence == doctest::Approx(want.greedy[i].confidence).epsilon(1e-3));
    }
    for (std::size_t i = 0; i < want.drawn.size(); ++i) CHECK(got.drawn[i].text == want.drawn[i].text);
    for (std::size_t i = 0; i < want.full.size(); ++i) CHECK(got.full[i].text == want.full[i].text);
}

}  // namespace rung_test
