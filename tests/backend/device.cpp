// The GPU backend: programs of the CPU with another context, held to the same results. On an emulated GPU, or, compiled
// with RUNG_CUDA, on a real one.

#ifdef RUNG_CUDA
#include "rung/backend/cuda/cuda.hpp"
#else
#include "support/device.hpp"
#endif

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

template <Shape S, class Position, class Depth, class Style>
struct Kind {
    using Model = Transformer<S, Position, Depth, Style>;
};
inline constexpr Shape odd{.vocab = Reverse::vocab, .context = 40, .width = 18, .heads = 3},
    flash{.vocab = Reverse::vocab, .context = 90, .width = 32, .heads = 2};
using Untied = GptStyle<Bias::everywhere, Embeddings::separate>;
using Tied   = Kind<small, Learned, Stacked<2>, Gpt>;
using Apart  = Kind<odd, Learned, Stacked<1>, Untied>;
using Turned = Kind<odd, Rope<>, Stacked<2>, Llama>;
using Loop   = Kind<small, Rope<>, Looped<3, 1, AddInput>, Llama>;

struct Result {
    std::vector<double> losses, norms;
    Buffer<float>       weights;
    std::vector<Answer> greedy, drawn;
};

std::vector<std::string> prompts(int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
        Rng       rng(5, Purpose::user, 0, std::uint32_t(i));
        const int difficulty = rng.between(1, 9);
        out.push_back(Reverse{}.sample(rng, difficulty).prompt);
    }
    return out;
}

/// A few steps of training, then answers.
template <class Model, class Context>
Result result(Context& ctx, int steps, TrainerOptions const& options = {}) {
    Model   model{ctx};
    Trainer trainer{ctx, model, options};
    Result  result;
    for (int step = 0; step < steps; ++step) {
        const auto [loss, norm, rows] = trainer.step(small_batch(std::uint32_t(step)), 3e-3);
        result.losses.push_back(loss), result.norms.push_back(norm);
    }
    result.weights = model.weights().copy();
    const Vocab vocab{Reverse::alphabet};
    result.greedy = decode(ctx, model, vocab, prompts(11), {.limit = 12, .group = 4});
    result.drawn  = decode(ctx, model, vocab, prompts(7), {.limit = 9, .temperature = 0.7, .top_k = 5});
    return result;
}

double furthest(Buffer<float> const& a, Buffer<float> const& b) {
    double most = 0;
    for (Index i = 0; i < a.size(); ++i) most = std::max(most, double(std::abs(a[i] - b[i])));
    return most;
}

}  // namespace

TYPE_TO_STRING_AS("GPT, tied", Tied);
TYPE_TO_STRING_AS("GPT, untied, odd sizes", Apart);
TYPE_TO_STRING_AS("Llama, RoPE, odd sizes", Turned);
TYPE_TO_STRING_AS("Llama, RoPE, looped with injection", Loop);

TEST_CASE_TEMPLATE("a GPU in single precision trains and answers as the CPU does", K, Tied, Apart, Turned,
                   Loop) {
    for (const float dropout : {0.f, 0.1f}) {
        cpu::Context  cpu{{.threads = 1, .slices = 1}};
        cuda::Context gpu{{}};
        const auto    want = result<typename K::Model>(cpu, 6, {.dropout = dropout}),
                   got     = result<typename K::Model>(gpu, 6, {.dropout = dropout});
        for (std::size_t i = 0; i < want.losses.size(); ++i) {
            CAPTURE(i);
            CHECK(got.losses[i] == doctest::Approx(want.losses[i]).epsilon(1e-5));
            CHECK(got.norms[i] == doctest::Approx(want.norms[i]).epsilon(1e-4));
        }
        CHECK(furthest(got.weights, want.weights) < 1e-4);
        for (std::size_t i = 0; i < want.greedy.size(); ++i) {
            CHECK(got.greedy[i].text == want.greedy[i].text);
            CHECK(got.greedy[i].confidence == doctest::Approx(want.greedy[i].confidence).epsilon(1e-3));
        }
        for (std::size_t i = 0; i < want.drawn.size(); ++i) CHECK(got.drawn[i].text == want.drawn[i].text);
    }
}

using Flash = Kind<flash, Rope<>, Stacked<2>, Llama>;
TYPE_TO_STRING_AS("bf16, flash attention", Flash);

TEST_CASE_TEMPLATE("a GPU in bf16 follows single precision", K, Flash, Apart) {
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

TEST_CASE("a GPU's results have the same bits every time") {
    const auto once = [] {
        cuda::Context<bf16> gpu{{}};
        return result<Flash::Model>(gpu, 3, {.dropout = 0.1f});
    };
    const auto a = once(), b = once();
    CHECK(bits_of(a.weights) == bits_of(b.weights));
    for (std::size_t i = 0; i < a.greedy.size(); ++i) CHECK(a.greedy[i].confidence == b.greedy[i].confidence);
}

TEST_CASE("pieces and accumulation change the order of sums and nothing else") {
    const auto loss_after = [](Index piece) {
        cuda::Context gpu{{}};
        return result<Turned::Model>(gpu, 4, {.dropout = 0.1f, .piece = piece}).losses.back();
    };
    CHECK(loss_after(20) == doctest::Approx(loss_after(100'000)).epsilon(1e-5));
}

TEST_CASE("after its first step a GPU asks the system for no more memory") {
    cuda::Context gpu{{}};
    Tied::Model   model{gpu};
    Trainer       trainer{gpu, model};
    trainer.step(small_batch(0), 1e-3), trainer.step(small_batch(0), 1e-3);
    const int before = gpu.scratch_allocations();
    for (std::uint32_t step = 0; step < 4; ++step) trainer.step(small_batch(0), 1e-3);
    CHECK(gpu.scratch_allocations() == before);
}

TEST_CASE("a gradient that is not finite stops training and leaves the weights of the step before") {
    cuda::Context gpu{{}};
    Tied::Model   model{gpu};
    Trainer       trainer{gpu, model};
    trainer.step(small_batch(0), 1e-3);
    const float kept                             = model.weights()[7];
    model.weights()[Tied::Model::parameters - 1] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(trainer.step(small_batch(1), 1e-3), Error);
    CHECK(model.weights()[7] == kept);
}

TEST_CASE("what a GPU cannot do it says") {
    cuda::Context gpu{{}};
    Tied::Model   elsewhere{1};
    CHECK_THROWS_WITH_AS(
        pack(gpu, elsewhere),
        "pack: the model's weights are in memory of another kind of context; wanted `Model model{ctx}`",
        Error);
    auto&            lane  = gpu.lane();
    const int        ids[] = {0, 3, 1};
    const auto       y     = lane.arena.take<float>(3, 8);
    const auto       table = lane.arena.take<float>(3, 8);
    int const* const there = placed(lane, ids, 3);
    CHECK_THROWS_WITH_AS(
        embed(lane, y, table, there),
        "embed: ids; got 0 to 3, wanted 0 to 2 (a sequence longer than the model's context?)", Error);
    CHECK_THROWS_WITH_AS(embed(lane, y, table, ids), "embed: ids; got an address that placed() did not make",
                         Error);
    const auto wide = lane.arena.take<float>(1, 4096);
    CHECK_THROWS_WITH_AS((rms_norm<4096>(lane, wide, y, wide, wide)),
                         "cuda: norm: width; got 4096, wanted at most 2048", Error);
    CHECK_THROWS_WITH_AS(attention<8>(lane, y, y, wide, {}),
                         "cuda: sequences; got some that placed() did not make", Error);
}
