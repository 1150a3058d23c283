#pragma once
// A model of every kind that can be exported.

#include "rung/rung.hpp"
#include "rung/task/detailed_scratchpad.hpp"
#include "rung/task/maze.hpp"

namespace rung_test {

using namespace rung;

struct TiedLlama : Llama {
    static constexpr bool tied = true, biased = true;
    template <int C, int F>
    using Mlp = GeGlu<C, F, true>;
};
struct ReluGpt : Gpt {
    template <int C, int F>
    using Mlp = ReluMlp<C, F, biased>;
};
using BareGpt = GptStyle<Bias::nowhere, Embeddings::separate>;

constexpr Shape reversing{.vocab = Reverse::vocab, .context = 48, .width = 48, .heads = 4};
constexpr Shape adding{
    .vocab = Addition::vocab, .context = 64, .width = 64, .heads = 8, .kv_heads = 2, .hidden = 144};
constexpr Shape on_paper{
    .vocab = vocab_size<AdditionIn<DetailedScratchpad>>(), .context = 192, .width = 48, .heads = 4};
constexpr Shape in_mazes{.vocab = vocab_size<Maze>(), .context = 96, .width = 48, .heads = 2};

template <class Model>
struct TypeOf {
    using type = Model;
};
template <Shape S, class Position, class Depth, class Style>
inline constexpr TypeOf<Transformer<S, Position, Depth, Style>> type_of{};

/// visit(type_of<...>, name, task, easiest, hardest, steps of training)
template <class Visit>
void for_each_model(Visit&& visit) {
    using LoopInside = PreludeCoreCoda<1, 1, 1, 2, NoInjection>;
    using Stretched  = Rope<500, 100, 2, 4>;
    visit(type_of<reversing, Learned, Stacked<2>, Gpt>, "gpt2_learned", Reverse{}, 1, 8, 600);
    visit(type_of<reversing, NoPe, Looped<3>, BareGpt>, "gpt2_nope_looped_untied", Reverse{}, 1, 8, 600);
    visit(type_of<reversing, Sinusoidal<>, Stacked<2>, ReluGpt>, "gpt2_sinusoidal_relu", Reverse{}, 1, 8,
          400);
    visit(type_of<adding, Rope<>, Stacked<2>, Llama>, "llama_rope_grouped", Addition{}, 1, 5, 600);
    visit(type_of<adding, NoPe, LoopInside, Llama>, "llama_nope_looped", Addition{}, 1, 5, 600);
    visit(type_of<on_paper, Learned, Stacked<2>, Gpt>, "gpt2_lines_and_spaces",
          AdditionIn<DetailedScratchpad>{}, 1, 1, 300);
    visit(type_of<in_mazes, Stretched, Stacked<2>, TiedLlama>, "llama_tied_biased_geglu_words", Maze{},
          Difficulty{4, 1}, Difficulty{8, 3}, 200);
}

}  // namespace rung_test
