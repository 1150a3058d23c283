// Trains small models for 100 steps and writes all that a twin in PyTorch needs to do the same, and what came of it:
//     oracle_training FOLDER
// A model's folder gets its first weights as save_pretrained() writes them, the batches, the gradients of the first
// one in both precisions, the loss and the gradient's norm of every step, and the last weights. See training_check.py.

#include <cstdio>

#include "rung/io/save_pretrained.hpp"
#include "rung/rung.hpp"

using namespace rung;

namespace {

struct TiedLlama : Llama {
    static constexpr bool tied = true;
};
using UntiedGpt = GptStyle<Bias::everywhere, Embeddings::separate>;

constexpr Shape sizes{.vocab = Addition::vocab, .context = 32, .width = 32, .heads = 4, .hidden = 80};
constexpr Shape grouped{
    .vocab = Addition::vocab, .context = 32, .width = 32, .heads = 4, .kv_heads = 2, .hidden = 80};
constexpr int steps = 100;

Batch batch_of(int step) {
    const Vocab       vocab{Addition::alphabet};
    std::vector<Item> items;
    for (int i = 0; i < 16; ++i) {
        Rng       rng(4, Purpose::training, std::uint32_t(step), std::uint32_t(i));
        const int digits = rng.between(1, 4);
        items.push_back(encode(vocab, Addition{}.sample(rng, digits), Ended::yes, {}));
    }
    return pack(items, Grade::answer, sizes.context);
}

template <class T>
Tensor stored(std::string name, char const* dtype, Dimensions shape, std::vector<T> const& numbers) {
    return {std::move(name),
            dtype_of(dtype),
            std::move(shape),
            {reinterpret_cast<char const*>(numbers.data()), sizeof(T) * numbers.size()}};
}

/// The gradient of the mean loss over the batch's graded tokens.
template <class Model, class Real>
std::vector<double> gradient_of(Model const& model, Batch const& batch) {
    Buffer<Real> w(Model::parameters), dw(Model::parameters);
    std::copy(model.weights().begin(), model.weights().end(), w.begin());
    cpu::Lane<Real> lane;
    const Ragged    ragged(batch, 0, batch.count, 0);
    const auto      rows = ragged.rows();
    const auto      tape = Model::forward(lane, w.cdata(), rows);
    cross_entropy(lane, tape.logits, rows.targets, Real(1) / Real(batch.graded));
    Model::backward(lane, w.cdata(), dw.data(), tape, rows);
    return {dw.begin(), dw.end()};
}

/// As the tensors of the class.
template <class Model>
void write_gradient(std::string const& path, std::vector<double> const& gradient) {
    const auto                       wanted = stock_tensors_of(anatomy_of<Model>());
    std::vector<std::vector<double>> numbers;
    std::vector<Tensor>              tensors;
    for (auto const& one : wanted) {
        auto& to = numbers.emplace_back(std::size_t(one.rows() * one.cols()));
        one.for_each([&](Index at, Index from) { to[std::size_t(at)] = gradient[std::size_t(from)]; });
    }
    for (std::size_t i = 0; i < wanted.size(); ++i)
        tensors.push_back(stored(wanted[i].name, "F64", wanted[i].shape, numbers[i]));
    write_safetensors(path, tensors);
}

template <class Model>
void write(std::string const& root, std::string const& name) {
    const std::string folder = root + "/" + name;
    cpu::Context      ctx{{.seed = 1}};
    Model             model{ctx};
    // Away from gains of one and biases of zero, under which some mistakes would change nothing.
    Rng rng(3, Purpose::user);
    for (float& weight : model.weights()) weight += float(0.05 * rng.normal());
    save_pretrained(folder, model, Addition{});
    write_gradient<Model>(folder + "/gradient64.safetensors", gradient_of<Model, double>(model, batch_of(0)));
    write_gradient<Model>(folder + "/gradient32.safetensors", gradient_of<Model, float>(model, batch_of(0)));

    const TrainerOptions          options{.epsilon = 1e-6, .weight_decay = 0.1, .clip = 1.0};
    const WarmupStableDecay       rate{.peak = 2e-3, .warmup = 10, .steps = steps, .decay = 20};
    Trainer                       trainer{ctx, model, options};
    std::vector<double>           losses, norms, rates;
    std::vector<std::vector<int>> held;
    std::vector<Tensor>           batches;
    held.reserve(2 * steps);
    for (int step = 0; step < steps; ++step) {
        const Batch      batch = batch_of(step);
        const StepResult done  = trainer.step(batch, rate(step));
        losses.push_back(done.loss), norms.push_back(done.gradient), rates.push_back(rate(step));
        const Dimensions shape{std::uint64_t(batch.count), std::uint64_t(batch.longest)};
        const auto       number = std::to_string(step);
        batches.push_back(stored("tokens." + number, "I32", shape, held.emplace_back(batch.tokens)));
        batches.push_back(stored("targets." + number, "I32", shape, held.emplace_back(batch.targets)));
    }
    batches.push_back(stored("losses", "F64", {steps}, losses));
    batches.push_back(stored("norms", "F64", {steps}, norms));
    batches.push_back(stored("rates", "F64", {steps}, rates));
    write_safetensors(folder + "/run.safetensors", batches);
    write_safetensors(folder + "/last.safetensors",
                      PretrainedTensors(anatomy_of<Model>(), model.weights().cdata()).tensors());
    write_file(folder + "/options.json", Json{}
                                             .set("beta1", options.beta1)
                                             .set("beta2", options.beta2)
                                             .set("epsilon", options.epsilon)
                                             .set("weight_decay", options.weight_decay)
                                             .set("clip", options.clip)
                                             .set("peak", rate.peak)
                                             .set("warmup", rate.warmup)
                                             .set("steps", rate.steps)
                                             .set("decay", rate.decay)
                                             .set("end", rate.end)
                                             .text());
    std::fprintf(stderr, "%s: %ld weights, loss %.4f to %.4f\n", name.c_str(), long(Model::parameters),
                 losses.front(), losses.back());
}

}  // namespace

int main(int argc, char** argv) try {
    RUNG_CHECK(argc == 2, "oracle_training: got ", argc - 1, " arguments, wanted a folder");
    const std::string root = argv[1];
    write<Transformer<sizes, Learned, Stacked<2>, Gpt>>(root, "gpt2_tied");
    write<Transformer<sizes, Learned, Stacked<2>, UntiedGpt>>(root, "gpt2_untied");
    write<Transformer<grouped, Rope<>, Stacked<2>, TiedLlama>>(root, "llama_tied");
    write<Transformer<grouped, Rope<>, Stacked<2>, Llama>>(root, "llama_untied");
} catch (std::exception const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
