#pragma once
// What the README's snippets stand in: a listing that begins with ```c++ loop is compiled as a member of `loop`.

#include <iostream>

#include "rung/experiment/report.hpp"
#include "rung/rung.hpp"
#include "rung/tasks.hpp"

using namespace rung;

template <int Vocab, class Depth>
struct Setting {
    static constexpr Shape shape{.vocab = Vocab, .context = 64, .width = 16, .heads = 2};
    using Model = Transformer<shape, NoPe, Depth>;

    cpu::Context<>                 ctx;
    Model                          model{ctx};
    Trainer<cpu::Context<>, Model> trainer{ctx, model};
};

struct loop : Setting<Reverse::vocab, Looped<4>> {};
struct sums : Setting<Addition::vocab, Stacked<3>> {};
struct products : Setting<Multiplication::vocab, Stacked<2>> {
    using Multiplier = Model;
};
