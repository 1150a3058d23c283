// The GPU backend: programs of the CPU with another context, held to the same results. On an emulated GPU, or
// on a real one.

// GCC 12 inlines products of bf16 numbers with so much known that it warns of loops that never run.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif

#include "rung/backend/cuda/cuda.hpp"

#include <doctest/doctest.h>

#include <set>

#include "rung/eval/inspect.hpp"
#include "support/random.hpp"
#include "support/small.hpp"
#include "support/styles.hpp"

using namespace rung_test;

namespace {

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

double furthest(Buffer<float> const& a, Buffer<float> const& b) {
    double most = 0;
    for (Index i = 0; i < a.size(); ++i) most = std::max(most, double(std::abs(a[i] - b[i])));
    return most;
}

void check_same(Result const& got, Result const& want, double gap) {
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

}  // namespace

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

TEST_CASE_TEMPLATE("ragged batches have few sizes: most steps are graphs once the first have run", T, float,
                   bf16) {
    for (Index n = 1; n < 5000; ++n) {
        const Index more = cuda::one_of_few_sizes(n) - n;
        CHECK((more >= 0 && (more < 16 || more < n / 8)));
    }
    std::set<Index> sizes;
    for (Index n = 1025; n <= 2048; ++n) sizes.insert(cuda::one_of_few_sizes(n));
    CHECK(sizes.size() == 16);

    cuda::Context<T>     gpu{{}};
    typename Tied::Model model{gpu};
    Trainer              trainer{gpu, model};
    const auto           train = [&](std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t step = first; step < first + count; ++step) trainer.step(small_batch(step), 1e-3);
    };
    train(13, 1), train(0, 12);  // the largest batch first: more memory would be other memory
    const long before = gpu.replays();
    train(12, 10);
    CHECK((gpu.replays() - before >= 16 ||
           !cuda::knows_calls));  // of two lists a step; the optimizer's is the same every time
}

TEST_CASE("a list of calls is known by every byte of it") {
    cuda::Context<float> gpu{{}};
    auto&                lane = gpu.lane();
    const auto           y    = Buffer<float>(32, gpu.memory());
    Mat<float>           view(const_cast<float*>(y.data()), 4, 8);
    const auto           filled = [&](Index rows, float value) {
        const long before = gpu.replays();
        gpu.for_slices(1, [&](auto& on, int) {
            for (int i = 0; i < 3; ++i) fill(on, view, 0);
            fill(on, view.slice(0, rows), value);
        });
        lane.wait();
        CHECK(view(rows - 1, 7) == value);
        return gpu.replays() > before;
    };
    CHECK_FALSE(filled(4, 1));
    CHECK_FALSE(filled(4, 2));
    CHECK_FALSE(filled(3, 1));
    CHECK(filled(4, 2) == cuda::knows_calls);
    CHECK(filled(4, 1) == cuda::knows_calls);
    CHECK_FALSE(filled(3, 3));
}

TEST_CASE("more lists than are remembered, and uploads of more than one block, are no trouble") {
    cuda::Context<float> gpu{{}};
    auto&                lane = gpu.lane();
    Buffer<float>        y(1, gpu.memory());
    const Mat<float>     one(y.data(), 1, 1);
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 200; ++i) {
            gpu.for_slices(1, [&](auto& on, int) {
                for (int k = 0; k < 4; ++k) fill(on, one, float(i));
            });
            lane.wait();
            CHECK(y[0] == float(i));
        }
    for (int round = 0; round < 3; ++round) {
        std::vector<float> sent(100'000);
        Buffer<float>      got(100'000, gpu.memory());
        gpu.for_slices(1, [&](auto& on, int) {
            for (Index part = 0; part < 10; ++part) {
                for (Index i = 0; i < 10'000; ++i)
                    sent[std::size_t(part * 10'000 + i)] = float(round * i + part);
                on.queue.copy(got.data() + part * 10'000, on.upload(sent.data() + part * 10'000, 10'000),
                              10'000 * sizeof(float));
            }
        });
        lane.wait();
        CHECK(std::equal(sent.begin(), sent.end(), got.begin()));
    }
}

TEST_CASE("what was asked for before something failed is not done") {
    cuda::Context<float> gpu{{}};
    Buffer<float>        y(8, gpu.memory());
    const Mat<float>     view(y.data(), 1, 8);
    CHECK_THROWS_AS(gpu.for_slices(1, [&](auto& lane, int) { fill(lane, view, 1), fail({"no"}); }), Error);
    gpu.for_slices(1, [&](auto& lane, int) { add(lane, view, view); });
    gpu.lane().wait();
    CHECK(y[0] == 0);
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
    int const* const there = lane.upload_ids(ids, 3);
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
