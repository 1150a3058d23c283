// bf16 on a GPU, emulated or real, and flash attention: near the CPU's single precision, with the same bits every time.

// GCC 12 inlines products of bf16 numbers with so much known that it warns of loops that never run.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include "device/trained.hpp"
#include "support/emulated.hpp"

using namespace rung_test;

using Flash = Kind<flash, Rope<>, Stacked<2>, Llama>;
using Rates = Kind<flash, Kerple, Stacked<2>, Llama>;
TYPE_TO_STRING_AS("bf16, flash attention", Flash);
TYPE_TO_STRING_AS("bf16, flash attention, KERPLE", Rates);

using FlashAround = Kind<flash, Rope<100, 50>, Stacked<2>, Gemma>;
TYPE_TO_STRING_AS("bf16, flash attention of normed queries and keys", FlashAround);

TEST_CASE_TEMPLATE("a GPU in bf16 follows single precision", K, Flash, Rates, Apart, FlashAround) {
    cpu::Context        cpu{{.threads = 1, .slices = 1}};
    cuda::Context<bf16> gpu{{}};
    const auto          want = result<typename K::Model>(cpu, 12), got = result<typename K::Model>(gpu, 12);
    for (std::size_t i = 0; i < want.losses.size(); ++i) {
        CAPTURE(i);
        CHECK(got.losses[i] == doctest::Approx(want.losses[i]).epsilon(1e-2));
    }
    CHECK(got.losses.back() < got.losses.front() - 0.1);
    CHECK(furthest(got.weights, want.weights) < 3e-2);  // AdamW turns a tiny gradient's sign into a step
    CHECK(got.greedy.size() == want.greedy.size());
}

TEST_CASE("flash attention of the sequences that still loop") {
    using Model = Kind<flash, Rope<>, Looped<3, 1, AddInput>, Llama>::Model;
    cpu::Context        cpu{{.threads = 1, .slices = 1}};
    cuda::Context<bf16> gpu{{}};
    Model               here{cpu}, there{gpu};
    Trainer             one{cpu, here};
    Trainer             other{gpu, there};
    for (std::uint32_t step = 0; step < 4; ++step) {
        Batch batch = small_batch(step);
        for (int b = 0; b < batch.count; ++b) batch.passes.push_back(1 + b % 4);
        CHECK(other.step(batch, 3e-3).loss == doctest::Approx(one.step(batch, 3e-3).loss).epsilon(1e-2));
    }
}

TEST_CASE("a GPU's results have the same bits every time") {
    const auto once = [] {
        cuda::Context<bf16> gpu{{}};
        return result<Flash::Model>(gpu, 3, {.dropout = 0.1f});
    };
    const auto a = once(), b = once();
    CHECK(bits_of(a.weights) == bits_of(b.weights));
    for (std::size_t i = 0; i < a.greedy.size(); ++i) CHECK(a.greedy[i].confidence == b.greedy[i].confidence);
}

TEST_CASE("steps whose sizes come again are started as graphs, with the bits of calls made one by one") {
    for (const float dropout : {0.f, 0.1f}) {
        cuda::Context<bf16> graphs{{}}, calls{{.graphs = false}};
        const auto          a = result<Flash::Model>(graphs, 12, {.dropout = dropout}),
                   b          = result<Flash::Model>(calls, 12, {.dropout = dropout});
        CHECK((graphs.replays() > 12 || !cuda::knows_calls));
        CHECK(calls.replays() == 0);
        CHECK(a.losses == b.losses);
        CHECK(a.norms == b.norms);
        CHECK(bits_of(a.weights) == bits_of(b.weights));
        for (std::size_t i = 0; i < a.greedy.size(); ++i)
            CHECK(a.greedy[i].confidence == b.greedy[i].confidence);
    }
}

TEST_CASE_TEMPLATE(
    "answers to prompts of any length, which flash attention reads, are the CPU's, whoever is beside", K,
    Flash, Rates) {
    using Model = typename K::Model;
    cpu::Context             cpu{{.threads = 1}};
    cuda::Context<bf16>      gpu{{}};
    Model                    here{cpu}, there{gpu};
    Trainer                  trainer{cpu, here};
    const Vocab              vocab{Reverse::alphabet};
    std::vector<std::string> asked = small_prompts(20);
    for (std::uint32_t step = 0; step < 60; ++step) trainer.step(small_batch(step), 3e-3);
    std::copy_n(here.weights().begin(), here.weights().size(), there.weights().begin());
    asked.insert(asked.begin() + 3, std::string(70, '7') + "=");  // more than a tile
    asked.insert(asked.begin() + 7, "=");                         // no more than a token
    const auto answers = [&](auto& ctx, Model const& model, int group) {
        return decode(ctx, model, vocab, asked, {.limit = 6, .group = group});
    };
    const auto want = answers(cpu, here, 4), alone = answers(gpu, there, 1);
    int        same = 0;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (alone[i].text != want[i].text) continue;
        CHECK(alone[i].confidence == doctest::Approx(want[i].confidence).epsilon(0.05));
        ++same;
    }
    CHECK(same > 15);
    if (!emulated::gpu()) return;  // products of another size have other bits on a real one
    for (const int group : {3, 22}) {
        const auto beside = answers(gpu, there, group);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CHECK(beside[i].text == alone[i].text);
            CHECK(beside[i].confidence == alone[i].confidence);
        }
    }
}
