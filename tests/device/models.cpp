// The GPU backend: programs of the CPU with another context, held to the same results. On an emulated GPU, or
// on a real one.

// GCC 12 inlines products of bf16 numbers with so much known that it warns of loops that never run.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include "device/trained.hpp"
#include "rung/eval/inspect.hpp"

using namespace rung_test;

TYPE_TO_STRING_AS("GPT, tied", Tied);
TYPE_TO_STRING_AS("GPT, untied, odd sizes", Apart);
TYPE_TO_STRING_AS("Llama, RoPE, odd sizes", Turned);
TYPE_TO_STRING_AS("Llama, RoPE, looped with injection", Loop);
TYPE_TO_STRING_AS("GPT, a loop between a prelude and a coda", Core);
TYPE_TO_STRING_AS("GPT, looped with gates, norms and rows between passes", Gates);
TYPE_TO_STRING_AS("Llama, a random start, the prelude's output concatenated", Noise);
TYPE_TO_STRING_AS("Llama, T5, heads that share keys, looped", Shared);
TYPE_TO_STRING_AS("GPT, FIRE, odd sizes", Pairs);
TYPE_TO_STRING_AS("waves, norms last, ReLU, odd sizes", Last);
TYPE_TO_STRING_AS("RoPE of half a head, norms around, of queries and keys too, GEGLU, capped logits", Around);

TEST_CASE_TEMPLATE("what is seen inside a model on a GPU is what is seen on the CPU", Real, float, bf16) {
    cpu::Context<Real>  cpu{{.threads = 1}};
    cuda::Context<Real> gpu{{}};
    using Model = typename Shared::Model;
    const Vocab vocab{Reverse::alphabet};
    const auto  want       = inspect(cpu, Model{cpu}, vocab, "314159="),
               got         = inspect(gpu, Model{gpu}, vocab, "314159=");
    const double tolerance = std::is_same_v<Real, float> ? 1e-4 : 0.05;
    CHECK(got.symbols == want.symbols);
    for (std::size_t i = 0; i < want.blocks.size(); ++i)
        for (std::size_t t = 0; t < want.symbols.size(); ++t) {
            auto const &a = want.blocks[i], &b = got.blocks[i];
            CHECK(b.lens[t].probability == doctest::Approx(a.lens[t].probability).epsilon(tolerance));
            CHECK(got.norms[i][t] == doctest::Approx(want.norms[i][t]).epsilon(tolerance));
            for (std::size_t h = 0; h < a.attention.size(); ++h)
                for (std::size_t q = 0; q < want.symbols.size(); ++q)
                    CHECK(std::abs(a.attention[h][t][q] - b.attention[h][t][q]) < tolerance);
        }
}
TEST_CASE_TEMPLATE("a GPU in single precision trains and answers as the CPU does", K, Tied, Apart, Turned,
                   Loop, Core, Gates, Noise, Shared, Pairs, Last, Around) {
    for (const float dropout : {0.f, 0.1f}) {
        cpu::Context  cpu{{.threads = 1, .slices = 1}};
        cuda::Context gpu{{}};
        // AdamW makes steps of a gradient that is nothing but rounding, such as that of a bias all keys share.
        check_same(result<typename K::Model>(gpu, 6, {.dropout = dropout}),
                   result<typename K::Model>(cpu, 6, {.dropout = dropout}),
                   std::is_same_v<K, Pairs> || std::is_same_v<K, Noise> ? 3e-4 : 1e-4);
    }
}

using Digits  = Kind<small, Abacus<20>, Stacked<2>, Gpt>;
using Sampled = Kind<small, Randomised<Rope<>, 300>, Stacked<2>, Llama>;
TYPE_TO_STRING_AS("GPT, Abacus", Digits);
TYPE_TO_STRING_AS("Llama, randomised RoPE", Sampled);

TEST_CASE_TEMPLATE("ids that are not places are the CPU's, a task's as those that are drawn", K, Digits,
                   Sampled, Tied) {
    cpu::Context   cpu{{.threads = 1, .slices = 1}};
    cuda::Context  gpu{{}};
    const Numbered task;
    check_same(result<typename K::Model>(gpu, 6, {}, place_of(task)),
               result<typename K::Model>(cpu, 6, {}, place_of(task)), 1e-4);
}

TEST_CASE("objectives and averaged weights on a GPU are those on the CPU") {
    cpu::Context         cpu{{.threads = 1, .slices = 1}};
    cuda::Context        gpu{{}};
    const TrainerOptions options{.label_smoothing = 0.1, .z_loss = 1e-2, .ema = 0.8};
    Around::Model        here{cpu}, there{gpu};
    Trainer              one{cpu, here, options};
    Trainer              other{gpu, there, options};
    for (std::uint32_t step = 0; step < 6; ++step) {
        const auto want = one.step(small_batch(step), 3e-3), got = other.step(small_batch(step), 3e-3);
        CHECK(got.loss == doctest::Approx(want.loss).epsilon(1e-5));
        CHECK(got.gradient == doctest::Approx(want.gradient).epsilon(1e-4));
    }
    CHECK(furthest(other.averaged().weights(), one.averaged().weights()) < 1e-4);
    CHECK(furthest(other.averaged().weights(), there.weights()) > 1e-4);
}

TEST_CASE("a trainer whose state was kept on a GPU goes on in another process with the same bits") {
    cuda::Context<> ctx;
    const auto      trained =
        [&](int kept) {  // the state after six steps, of which a new trainer took those after `kept`
            Archive state;
            for (auto const& [from, to] : {std::pair{0, kept}, std::pair{kept, 6}}) {
                Tied::Model model{ctx};
                Trainer     trainer{ctx, model, {.ema = 0.5}};
                if (from > 0) {
                    Archive back(state.bytes());
                    trainer.archive(back);
                    back.end();
                }
                for (int step = from; step < to; ++step) trainer.step(small_batch(std::uint32_t(step)), 3e-3);
                state = Archive();
                trainer.archive(state);
                if (kept == 6) break;
            }
            return state.bytes();
        };
    CHECK((trained(2) == trained(6)));
}

TEST_CASE("a GPU's table of rotations has as many places as a batch, however many that is") {
    cuda::Context             gpu{{}};
    cpu::RotationTable<float> table;
    for (const Index count : {Index{150}, Index{151}, Index{1000}}) {
        const Rotation     rotation{.channels = 6};
        float const* const last = gpu.lane().rotations(rotation, count) + (count - 1) * 6;
        CHECK(std::equal(last, last + 6, table.row(int(count) - 1, rotation)));
    }
}

TEST_CASE_TEMPLATE(
    "loops of sequences that differ in their passes, and tokens that leave them, are the CPU's", K, Loop,
    Gates, Noise) {
    using Model = typename K::Model;
    cpu::Context  cpu{{.threads = 1, .slices = 1}};
    cuda::Context gpu{{}};
    Model         here{cpu}, there{gpu};
    Trainer       one{cpu, here, {.states = 2}};
    Trainer       other{gpu, there, {.states = 2}};
    for (std::uint32_t step = 0; step < 4; ++step) {
        Batch batch = small_batch(step);
        for (int b = 0; b < batch.count; ++b) batch.passes.push_back(1 + b % 4);
        const auto want = one.step(batch, 3e-3), got = other.step(batch, 3e-3);
        CHECK(got.loss == doctest::Approx(want.loss).epsilon(1e-5));
        CHECK(got.gradient == doctest::Approx(want.gradient).epsilon(1e-4));
    }
    CHECK(furthest(there.weights(), here.weights()) < 1e-4);
    const Vocab         vocab{Reverse::alphabet};
    const DecodeOptions options{.limit = 9, .run = {.passes = 5}, .group = 4};
    const Oracle        rule{[](std::string_view prompt) { return 1 + int(prompt.size()) % 4; }};
    const auto          want = decode(cpu, here, vocab, small_prompts(11), options, rule),
               got           = decode(gpu, there, vocab, small_prompts(11), options, rule);
    for (std::size_t i = 0; i < want.size(); ++i) {
        CHECK(got[i].text == want[i].text);
        CHECK(got[i].passes == want[i].passes);
    }
}

TEST_CASE("answers that are read at once on a GPU, after every pass, are the CPU's") {
    using Model = Kind<small, NoPe, NormBetween<Looped<3, 1, AddInput>>, Gpt>::Model;
    cpu::Context  cpu{{.threads = 1}};
    cuda::Context gpu{{}};
    const Model   here{cpu}, there{gpu};
    const Vocab   vocab{Reverse::alphabet};
    const auto    asked = small_prompts(9);
    const auto    want  = think(cpu, here, vocab, asked, 9, {.passes = 4, .graded = 4}),
               got      = think(gpu, there, vocab, asked, 9, {.passes = 4, .graded = 4});
    const auto last     = answer_at_once(gpu, there, vocab, asked, 9, {.passes = 4});
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(last[i].text == want[i].back().answer.text);
        CHECK(last[i].ended == want[i].back().answer.ended);
        for (std::size_t pass = 0; pass < 4; ++pass) {
            CHECK(got[i][pass].answer.text == want[i][pass].answer.text);
            CHECK(got[i][pass].reading.entropy ==
                  doctest::Approx(want[i][pass].reading.entropy).epsilon(1e-4));
            if (pass > 0)
                CHECK(got[i][pass].reading.change ==
                      doctest::Approx(want[i][pass].reading.change).epsilon(1e-4));
        }
    }
}
