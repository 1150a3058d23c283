// What the models' constexpr counts promise is what is used.

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "rung/model/depth/adaptors.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

constexpr Shape shape{.vocab = Reverse::vocab, .context = 256, .width = 128, .heads = 4};
using Gpt2    = Transformer<shape, Learned, Stacked<2>, Gpt>;
using Looped3 = Transformer<shape, Rope<>, Looped<3>, Llama>;
using Last    = Transformer<shape, Sinusoidal<>, Stacked<2>, Vaswani>;
using Around  = Transformer<shape, Rope<>, Stacked<2>, Gemma>;

/// `count` sequences of `length` inputs, graded from the prompt's last token on.
Batch batch_of(int count, int length, int prompt = 1) {
    std::vector<Item> items(std::size_t(count), Item{std::vector<int>(std::size_t(length + 1), 5), prompt});
    return pack(items, Grade::answer, length);
}

}  // namespace

TEST_CASE_TEMPLATE("a training step's peak is what activation_bytes says, to a tenth", Model, Gpt2, Looped3,
                   Last, Around) {
    for (const int length : {32, 256})
        for (const float dropout : {0.f, 0.1f})
            for (const int prompt : {1, 20}) {  // all tokens graded, or from there on
                CAPTURE(length);
                CAPTURE(dropout);
                CAPTURE(prompt);
                cpu::Context ctx{{.threads = 1}};
                Model        model{ctx};
                Trainer      trainer{ctx, model, {.dropout = dropout, .piece = 512}};
                trainer.step(batch_of(4096 / length, length, prompt), 1e-4);
                const Index  graded   = 512 / length * (length + 1 - prompt);
                const double promised = double(Model::activation_bytes(512, graded, {.dropout = {dropout}})),
                             used     = double(ctx.scratch_peak());
                CHECK(used < 1.1 * promised);
                CHECK(used > 0.9 * promised);
            }
}

TEST_CASE("passes that are not learnt from take no memory") {
    cpu::Context ctx{{.threads = 1}};
    Looped3      model{ctx};
    const auto   batch = batch_of(16, 256);
    Index        few   = 0;
    for (const int passes : {4, 64}) {
        Trainer trainer{ctx, model, {.passes = passes, .learnt = 2, .piece = 512}};
        trainer.step(batch, 1e-4);
        const double promised = double(Looped3::activation_bytes(512, 512, {.passes = passes, .learnt = 2}));
        CHECK(double(ctx.scratch_peak()) == doctest::Approx(promised).epsilon(0.1));
        if (few == 0) few = ctx.scratch_peak();
        CHECK(ctx.scratch_peak() == few);
    }
}

TEST_CASE("where sequences differ in their passes, those that nobody learns from take no memory") {
    cpu::Context ctx{{.threads = 1}};
    Looped3      model{ctx};
    auto         batch = batch_of(16, 256);
    for (int b = 0; b < batch.count; ++b) batch.passes.push_back(b % 2 ? 64 : 63);
    Trainer trainer{ctx, model, {.learnt = 2, .piece = 512}};
    trainer.step(batch, 1e-4);
    const double promised = double(Looped3::activation_bytes(512, 512, {.passes = 64, .learnt = 3}));
    CHECK(double(ctx.scratch_peak()) < 1.1 * promised);
    CHECK(double(ctx.scratch_peak()) > 0.8 * promised);  // half of them do not make the last pass
}

TEST_CASE(
    "passes that are computed again take no memory either, and what is promised counts what loops add") {
    using Loop = Transformer<shape, NoPe, NormBetween<PassEmbedding<Looped<4, 1, GateInput>>>, Gpt>;
    cpu::Context ctx{{.threads = 1}};
    Loop         model{ctx};
    const auto   batch = batch_of(16, 256);
    Index        few   = 0;
    for (const int passes : {4, 64}) {
        Trainer trainer{ctx, model, {.passes = passes, .states = 4, .piece = 512}};
        trainer.step(batch, 1e-4);
        const double promised = double(Loop::activation_bytes(512, 512, {.passes = passes, .states = 4}));
        CHECK(double(ctx.scratch_peak()) == doctest::Approx(promised).epsilon(0.1));
        if (few == 0) few = ctx.scratch_peak();
        CHECK(ctx.scratch_peak() == few);
    }
    cpu::Context all{{.threads = 1}};
    Trainer      trainer{all, model, {.graded = 3, .piece = 512}};
    trainer.step(batch, 1e-4);
    CHECK(double(all.scratch_peak()) ==
          doctest::Approx(double(Loop::activation_bytes(512, 512, {.graded = 3}))).epsilon(0.1));
}

TEST_CASE("narrow models take little beside their activations") {
    using Model = SmallModel<Rope<>, Stacked<2>>;
    cpu::Context ctx{{.threads = 1}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    const auto   batch = small_batch(1, 300);
    trainer.step(batch, 1e-4);
    Index        most = 0;
    const Pieces pieces(batch, ctx.slices(), ctx.piece(small.width, Model::parameters));
    for (auto const& piece : pieces.all()) most = std::max(most, piece.rows);
    CHECK(double(ctx.scratch_peak()) < 1.1 * double(Model::activation_bytes(most)) + (1 << 16));
}

#ifndef __SANITIZE_THREAD__  // whose own memory would be counted, too
TEST_CASE("a model and its trainer hold what bytes() says, to a tenth") {
    const auto resident = [] {  // bytes of this process in memory
        long          pages = 0;
        std::ifstream statm("/proc/self/statm");
        statm >> pages >> pages;
        return double(pages) * double(::sysconf(_SC_PAGESIZE));
    };
    if (resident() == 0) return;  // no such file: not Linux
    constexpr Shape wide{.vocab = Reverse::vocab, .context = 64, .width = 256, .heads = 4};
    using Model         = Transformer<wide>;
    const double before = resident();
    cpu::Context ctx{{.threads = 1, .slices = 4}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    trainer.step(batch_of(8, 16), 1e-4);
    const double held = resident() - before - double(ctx.scratch_peak());
    CHECK(held == doctest::Approx(double(decltype(trainer)::bytes(4))).epsilon(0.1));
}
#endif

TEST_CASE("a thread asks the system for memory once, whichever slices it meets") {
    using Model = SmallModel<Rope<>, Stacked<3>>;
    for (const int threads : {1, 2, 4})
        for (const float dropout : {0.f, 0.1f}) {
            cpu::Context ctx{{.threads = threads}};
            Model        model{ctx};
            Trainer      trainer{ctx, model, {.dropout = dropout, .piece = 64}};
            const auto   longest = small_batch(0, 60, 15);  // as other tests of lengths that differ
            for (int step = 0; step < 8; ++step) trainer.step(longest, 1e-4);
            CHECK(ctx.scratch_allocations() <= threads);
            for (std::uint32_t step = 0; step < 20; ++step) trainer.step(small_batch(step, 60, 14), 1e-4);
            CHECK(ctx.scratch_allocations() <= threads);
        }
}

TEST_CASE_TEMPLATE("longer answers take the memory that cache_bytes says, to a tenth", Model, Gpt2, Looped3,
                   Around) {
    const Vocab                    vocab{Reverse::alphabet};
    const std::vector<std::string> asked(32, "1234567890=");
    const auto                     peak = [&](int limit) {
        cpu::Context ctx{{.threads = 1}};
        Model        model{ctx};
        decode(ctx, model, vocab, asked, {.limit = limit, .group = 32});
        return double(ctx.scratch_peak());
    };
    const Index prompt = 12;
    CHECK(peak(200) - peak(40) ==
          doctest::Approx(32 * double(Model::cache_bytes(prompt + 200) - Model::cache_bytes(prompt + 40)))
              .epsilon(0.1));
}
