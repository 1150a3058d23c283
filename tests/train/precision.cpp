// Training in bf16 beside training in single precision, and training from packed weights beside the same written out.

#include <doctest/doctest.h>

#include "support/random.hpp"
#include "support/small.hpp"

using namespace rung_test;

namespace {

template <class P, class Model>
struct Trained {
    Model               model{std::uint64_t{1}};
    std::vector<double> losses;

    explicit Trained(int threads, int steps = 60, TrainerOptions options = {}) {
        cpu::Context<P> ctx{{.threads = threads}};
        Trainer         trainer{ctx, model, options};
        for (int step = 0; step < steps; ++step)
            losses.push_back(trainer.step(small_batch(std::uint32_t(step)), 5e-3).loss);
    }
};

double mean_of_last(std::vector<double> const& losses, int count) {
    return std::accumulate(losses.end() - count, losses.end(), 0.0) / count;
}

/// One step of training written out, on one thread and without packings: every product packs what it reads.
template <class P, class Model>
class ByHand {
public:
    ByHand(cpu::Context<P>& ctx, Model& model) : ctx_(ctx), model_(model) {
        Model::for_each_weight([&](std::string const&, WeightSpec const& spec, Index offset) {
            for (Index i = 0; i < spec.size(); i += 4096)
                chunks_.push_back({offset + i, std::min<Index>(4096, spec.size() - i), spec.decay});
        });
    }
    void step(Batch const& batch, double rate) {
        const TrainerOptions options;
        Buffer<float>        all(ctx_.slices() * Model::parameters);
        const Mat<float>     gradients{all.data(), ctx_.slices(), Model::parameters};
        const Pieces         pieces(batch, ctx_.slices(), ctx_.piece(Model::shape.width, Model::parameters));
        cpu::Lane<P>         lane;
        for (int slice = 0; slice < ctx_.slices(); ++slice)
            for (auto const& piece : pieces.of(slice)) {
                lane.arena.reset();
                const Ragged ragged(batch, piece.first, piece.count, piece.first_row);
                const auto   tape = Model::forward(lane, model_.weights().cdata(), ragged.rows());
                cross_entropy(lane, tape.logits, ragged.rows().targets, 1.f / float(batch.graded));
                Model::backward(lane, model_.weights().cdata(), gradients.row(slice), tape, ragged.rows());
            }
        const double norm = std::sqrt(sum_gradients(ctx_, gradients, chunks_));
        ++steps_;
        adamw(ctx_, model_.weights().data(), mean_.data(), square_.data(), all.cdata(), chunks_,
              AdamWStep{rate, options.beta1, options.beta2, options.epsilon, options.weight_decay,
                        1 - std::pow(options.beta1, double(steps_)),
                        1 - std::pow(options.beta2, double(steps_)),
                        norm > options.clip ? options.clip / norm : 1.0});
    }

private:
    cpu::Context<P>&   ctx_;
    Model&             model_;
    Buffer<float>      mean_{Model::parameters}, square_{Model::parameters};
    std::vector<Chunk> chunks_;
    int                steps_ = 0;
};

using Gpt2 = SmallModel<Learned, Stacked<2>, Gpt>;
using Loop = SmallModel<Rope<>, Looped<2, 1, AddInput>, Llama>;

}  // namespace

TYPE_TO_STRING_AS("GPT", Gpt2);
TYPE_TO_STRING_AS("looped Llama", Loop);
#define EVERY_MODEL Gpt2, Loop

TEST_CASE_TEMPLATE("training in bf16 follows training in single precision", Model, EVERY_MODEL) {
    const Trained<float, Model> fine(1);
    const Trained<bf16, Model>  coarse(1);
    CHECK(mean_of_last(fine.losses, 10) < fine.losses.front() - 0.3);  // there is something to follow
    CHECK(coarse.losses != fine.losses);
    CHECK(coarse.losses.front() == doctest::Approx(fine.losses.front()).epsilon(1e-3));
    CHECK(mean_of_last(coarse.losses, 10) == doctest::Approx(mean_of_last(fine.losses, 10)).epsilon(0.01));
    for (std::size_t i = 0; i < fine.losses.size(); ++i)
        CHECK(std::abs(coarse.losses[i] - fine.losses[i]) < 0.03);
}

TEST_CASE_TEMPLATE("training in bf16 has the same bits for 1, 2 and 3 threads, with dropout too", Model,
                   EVERY_MODEL) {
    for (const float rate : {0.f, 0.1f}) {
        const Trained<bf16, Model> one(1, 15, {.dropout = rate});
        for (const int threads : {2, 3}) {
            const Trained<bf16, Model> more(threads, 15, {.dropout = rate});
            CHECK(bits_of(more.model.weights()) == bits_of(one.model.weights()));
            CHECK(more.losses == one.losses);
        }
    }
}

TEST_CASE("a bf16 model decodes and is evaluated, the same for any number of places and threads") {
    const Trained<bf16, Loop>      trained(1);
    const Vocab                    vocab{Reverse::alphabet};
    const std::vector<std::string> asked{"1=", "23=", "456=", "7890=", "5=", "66=", "123456="};
    const auto                     texts = [&](int threads, int group) {
        cpu::Context<bf16> ctx{{.threads = threads}};
        std::string        all;
        for (auto const& answer : decode(ctx, trained.model, vocab, asked, {.limit = 12, .group = group}))
            all += answer.text + concat(" ", answer.tokens, " ") + std::to_string(answer.confidence) + "\n";
        return all;
    };
    const auto first = texts(1, 64);
    CHECK(std::count(first.begin(), first.end(), '\n') == 7);
    CHECK(first == texts(1, 1));
    CHECK(first == texts(3, 2));
    cpu::Context<bf16> ctx{{.threads = 2}};
    CHECK(evaluate(ctx, trained.model, Reverse{}, {.to = 2, .each = 20}).scores.size() == 2);
    CHECK_NOTHROW(decode(ctx, trained.model, vocab, asked, {.limit = 12, .temperature = 1, .top_k = 3}));
}

TEST_CASE_TEMPLATE(
    "a model trained from packed weights is the one whose products pack by themselves, bit for bit", Model,
    EVERY_MODEL) {
    const auto check = [](auto precision) {
        using P = decltype(precision);
        cpu::Context<P>  ctx{{.threads = 2}};
        Model            a{ctx}, b{ctx};
        Trainer          trainer{ctx, a};
        ByHand<P, Model> by_hand(ctx, b);
        for (int step = 0; step < 8; ++step) {
            trainer.step(small_batch(std::uint32_t(step)), 5e-3),
                by_hand.step(small_batch(std::uint32_t(step)), 5e-3);
            CHECK(bits_of(a.weights()) == bits_of(b.weights()));
        }
    };
    check(float{});
    check(bf16{});
}
