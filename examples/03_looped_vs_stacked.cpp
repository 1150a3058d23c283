// Does a model need many layers, or many steps? Sums of up to eight numbers, "513+021+540+428=" -> "4031", by one block that
// runs twelve times, by twelve blocks, and by one block that runs once. The first two think for as long, the first and the
// last have as many weights.
// After Saunshi et al., "Reasoning with latent thoughts: on the power of looped transformers", ICLR 2025, at a size for a
// laptop: theirs are of three digits, up to 32 numbers, written most significant digit first. Here digits stand least
// significant first and are told their places, sums are learned from short to long, and width is 64 instead of 256.

#include "rung/experiment/device.hpp"
#include "rung/experiment/journal.hpp"
#include "rung/io/pretrained_flag.hpp"
#include "rung/rung.hpp"

using namespace rung;

/// Digits of one significance share a position.
struct Columns : NaryAddition {
    int place(std::string_view text) const { return digit_place(text); }
};

inline constexpr Shape shape{.vocab = Columns::vocab, .context = 64, .width = 64, .heads = 4};
template <class Depth>
struct Adder : Transformer<shape, Coupled<Learned, 1>, Depth, Llama> {
    using Adder::Transformer::Transformer;
};

struct Settings {
    int digits = 2, most = 8, steps = 3'000;
};

template <class Depth, class Context>
Report trained(Context& ctx, Settings const& s, std::string const& name, Journal& journal) {
    const Columns task{{.digits = s.digits, .reversed = true}};
    Adder<Depth>  model{ctx};
    Trainer       trainer{ctx, model, {.weight_decay = 0.1}};
    train(trainer, task, GrowWhenMastered{{.limit = s.most, .mastery = 0.9, .review = 0.5}},
          {.steps      = s.steps,
           .batch      = 64,
           .rate       = WarmupStableDecay{.steps = s.steps, .decay = s.steps * 2 / 5},
           .test_every = 25,
           .test_each  = 64,
           .watch      = journal.watch(name)});
    return evaluate(ctx, model, task, {.to = s.most, .each = 1'000});
}

int main(int argc, char** argv) {
    Common   common;
    Settings s;
    Flags flags{"Teaches sums of many numbers to one block run twelve times, to twelve blocks, and to one."};
    common.add_to(flags);
    PretrainedFlag pretrained{common, flags};
    flags.add("digits", s.digits, "digits of every number", {.least = 1, .most = 3});
    flags.add("operands", s.most, "numbers of the longest sum", {.least = 2, .most = 12});
    flags.add("steps", s.steps, "training steps of each model", {.least = 2});

    return program(argc, argv, flags, common, [&](auto& ctx) {
        pretrained.check<Adder<Looped<12>>>(Columns{});
        Journal    journal{"looped_vs_stacked", "One block many times, or many blocks", common, flags};
        const auto looped  = trained<Looped<12>>(ctx, s, "one block, 12 times", journal);
        const auto stacked = trained<Stacked<12>>(ctx, s, "12 blocks", journal);
        const auto single  = trained<Stacked<1>>(ctx, s, "one block", journal);
        journal.finish(s.most,
                       {{"one block, 12 times", looped}, {"12 blocks", stacked}, {"one block", single}},
                       {{"weights of one block, 12 times", Adder<Looped<12>>::parameters},
                        {"weights of 12 blocks", Adder<Stacked<12>>::parameters}});
    });
}
