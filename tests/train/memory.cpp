// What the models' constexpr counts promise is what is used.

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "support/small.hpp"

using namespace rung_test;

namespace {

constexpr Shape shape{.vocab = Reverse::vocab, .context = 256, .width = 128, .heads = 4};
using Gpt2    = Transformer<shape, Learned, Stacked<2>, Gpt>;
using Looped3 = Transformer<shape, Rope<>, Looped<3>, Llama>;

/// `count` sequences of `length` inputs, every one graded.
Batch batch_of(int count, int length) {
    std::vector<Item> items(std::size_t(count), Item{std::vector<int>(std::size_t(length + 1), 5), 1});
    return pack(items, Grade::everything, length);
}

}  // namespace

TEST_CASE_TEMPLATE("a training step's peak is what activation_bytes says, to a tenth", Model, Gpt2, Looped3) {
    constexpr double working = 1 << 18;
    for (const int length : {32, 256}) {
        CAPTURE(length);
        cpu::Context ctx{{.threads = 1}};
        Model        model{ctx};
        Trainer      trainer{ctx, model, {.piece = 512}};
        trainer.step(batch_of(4096 / length, length), 1e-4);
        const double promised = double(Model::activation_bytes(512)), used = double(ctx.scratch_peak());
        CHECK(used < 1.1 * promised + working);
        CHECK(used > 0.9 * promised);
    }
}

TEST_CASE("a model and its trainer hold what bytes() says, to a tenth") {
    const auto resident = [] {  // bytes of this process in memory
        long          pages = 0;
        std::ifstream statm("/proc/self/statm");
        statm >> pages >> pages;
        return double(pages) * double(::sysconf(_SC_PAGESIZE));
    };
    if (resident() == 0) return;  // no such file: not Linux
    using Model         = Transformer<{.vocab = Reverse::vocab, .context = 64, .width = 256, .heads = 4}>;
    const double before = resident();
    cpu::Context ctx{{.threads = 1, .slices = 4}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    trainer.step(batch_of(8, 16), 1e-4);
    const double held = resident() - before - double(ctx.scratch_peak());
    CHECK(held == doctest::Approx(double(decltype(trainer)::bytes(4))).epsilon(0.1));
}

TEST_CASE("no step after the second asks the system for memory") {
    cpu::Context ctx{{.threads = 2}};
    Gpt2         model{ctx};
    Trainer      trainer{ctx, model};
    const auto   batch = batch_of(64, 32);
    for (int step = 0; step < 2; ++step) trainer.step(batch, 1e-4);
    const int before = ctx.scratch_allocations();
    for (int step = 0; step < 4; ++step) trainer.step(batch, 1e-4);
    CHECK(ctx.scratch_allocations() == before);
}

TEST_CASE("nor does one whose batches have sequences of other lengths") {
    using Model = SmallModel<Rope<>, Stacked<3>>;
    cpu::Context ctx{{.threads = 2}};
    Model        model{ctx};
    Trainer      trainer{ctx, model, {.dropout = 0.1f, .piece = 64}};
    for (std::uint32_t step = 0; step < 3; ++step) trainer.step(small_batch(step, 60, 15), 1e-4);
    const int before = ctx.scratch_allocations();
    for (std::uint32_t step = 3; step < 20; ++step) trainer.step(small_batch(step, 60, 15), 1e-4);
    CHECK(ctx.scratch_allocations() == before);
}

TEST_CASE_TEMPLATE("longer answers take the memory that cache_bytes says, to a tenth", Model, Gpt2, Looped3) {
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
