// rung's side of the comparison: times training steps or greedy decoding of one model of models.hpp, as torch_peer.py
// does, and prints the same line of JSON. Compiled with RUNG_CUDA it is another program, which does so on a GPU.

#include <iostream>

#include "../clock.hpp"
#include "../models.hpp"
#include "../vectors.hpp"
#include "../workload.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/program.hpp"
#include "rung/experiment/voters.hpp"

#ifdef RUNG_CUDA
#include "rung/backend/cuda/cuda.hpp"
#else
#include "../machine.hpp"
#endif

namespace {

using namespace rung;
using namespace rung::bench;

struct Arguments {
    std::string mode = "train", style = "gpt", model = "tiny", precision = "f32", label = "rung",
                choice = "first";
    int    length = 64, batch = 0, voters = 1, threads = 2;
    bool   no_branches = false, no_fused_gelu = false;
    double seconds = 3;

    void add_to(Flags& flags) {
        flags.add("mode", mode, "what to time", {"train", "decode"});
        flags.add("style", style, "model family", {"gpt", "llama"});
        flags.add("length", length, "tokens of a training sequence", {.least = 1, .most = 256});
        flags.add("batch", batch, "sequences or prompts, 0 for 128 and 256", {.least = 0});
        flags.add("voters", voters, "models that train at the same time, each on a batch",
                  {.least = 1, .most = 100});
        flags.add("precision", precision, "of products", {"f32", "bf16"});
        flags.add("seconds", seconds, "to measure for", {.least = 0.001});
        flags.add("label", label, "copied to the output");
#ifdef RUNG_CUDA
        flags.add("model", model, "size", {"micro", "mini", "tiny", "small", "stacked", "looped"});
        flags.add("choice", choice, "algorithms of products", {"first", "fastest"});
        flags.add("no-branches", no_branches,
                  "make sums over a batch one after the other, not beside the rest");
        flags.add("no-fused-gelu", no_fused_gelu, "apply GELU by kernels of its own, not in products");
#else
        flags.add("model", model, "size", {"micro", "mini", "tiny", "small"});
        flags.add("threads", threads, "threads", {.least = 1, .most = 1024});
#endif
    }
};

#ifdef RUNG_CUDA
// On the GPU only, where nobody else's are measured: six layers, and one that is run six times.
struct GptStacked : Transformer<gpt_shape(128, 4), Learned, Stacked<6>, Gpt> {
    using Transformer::Transformer;
};
struct GptLooped : Transformer<gpt_shape(128, 4), Learned, Looped<6>, Gpt> {
    using Transformer::Transformer;
};

template <class Visit>
void for_each_model_here(Visit&& visit) {
    for_each_model(visit);
    visit.template operator()<GptStacked>("gpt", "stacked");
    visit.template operator()<GptLooped>("gpt", "looped");
}

template <class Precision>
using ContextHere = cuda::Context<Precision>;
cuda::Options options(Arguments const& use) {
    return {.choice     = use.choice == "fastest" ? cuda::Choice::fastest : cuda::Choice::first,
            .branches   = !use.no_branches,
            .fused_gelu = !use.no_fused_gelu};
}
std::string device() { return cuda::find_device().what; }
double      peak(int) { return 0; }  // benchmarks/cuda/machine.cu has it
Json        versions() { return Json{}.set("compiler", __VERSION__); }
#else
template <class Visit>
void for_each_model_here(Visit&& visit) {
    for_each_model(visit);
}

template <class Precision>
using ContextHere = cpu::Context<Precision>;
cpu::Options options(Arguments const& use) { return {.threads = use.threads}; }
std::string device() { return "cpu"; }
double peak(int threads) {
    Workers workers(threads);
    return f32_peak(workers);
}
Json versions() { return Json{}.set("compiler", __VERSION__).set("vectors", vectors); }
#endif

/// Seconds of each call but the first: for the budget and three times at least, while patience lasts.
template <class Step>
std::vector<double> timed(Step&& step, double budget) {
    const auto once = [&] {
        const double start = seconds();
        step();
        return seconds() - start;
    };
    const double        patience = seconds() + 4 * budget;
    const double        first    = once();
    std::vector<double> times;
    for (double sum = 0; (sum < budget || times.size() < 3) && seconds() < patience; sum += times.back())
        times.push_back(once());
    return times.empty() ? std::vector{first} : times;
}

/// Operations of one step, without those for logits that nobody reads.
template <class Model>
double flops(bool trains, int batch, int length) {
    if (trains) return 3 * batch * Model::flops(length);
    constexpr int    read   = Decoding::prompt + Decoding::fresh - 1;  // the last token is only written
    constexpr double unread = 2.0 * Model::shape.width * Model::shape.vocab * (Decoding::prompt - 1);
    return batch * (Model::flops(read) - unread);
}

/// Bytes that decoding cannot but read where no cache of the processor holds them: for every token of the answers all
/// weights once, and the keys and values before it.
template <class Model, class Precision>
double bytes(int batch) {
    double cache = 0;
    for (int token = 0; token < Decoding::fresh; ++token)
        cache += double(Model::cache_bytes(Decoding::prompt + token, Model::passes, sizeof(Precision)));
    return double(Decoding::fresh) * double(Model::parameters) * sizeof(Precision) + batch * cache;
}

template <class Precision, class Model>
Json measure(Arguments const& use) {
    ContextHere<Precision> ctx{options(use)};
    const bool             trains = use.mode == "train";
    const int              batch  = use.batch > 0 ? use.batch : trains ? 128 : Decoding::prompts;
    const int              models = trains ? use.voters : 1;
    // A device need not wait until the host has seen a step's loss: it is timed by groups of steps.
    const int           group  = trains && ctx.ahead > 1 ? 8 : 1;
    const double        tokens = double(models) * batch * (trains ? use.length : Decoding::fresh);
    std::vector<double> times;
    if (trains) {
        const Batch              sequences = random_batch(Model::shape.vocab, batch, use.length);
        const std::vector<Batch> batches(std::size_t(models), sequences);
        auto                     voters = make_voters<Model>(ctx, models);
        std::vector<Trainer<ContextHere<Precision>, Model>*> trainers;
        for (auto& trainer : voters) trainers.push_back(&trainer);
        detail::Together together(trainers);
        for (int step = 0; step < detail::Faster::trials && models > 1; ++step) together.step(batches, 1e-4);
        times = timed(
            [&] {
                for (int finished = 0; finished < group; ++finished) {
                    while (finished + together.under_way() < group && together.has_room())
                        together.start(batches, 1e-4, false);
                    together.finish();
                }
            },
            use.seconds);
    } else {
        const Decoding work{batch};
        Model          model{ctx};
        never_end(model);
        times = timed([&] { work.run(ctx, model); }, use.seconds);
    }
    for (double& time : times) time /= group;
    const double typical = median(times);
    auto         chosen  = Json::array();
    if (use.choice != "first") chosen.add(use.choice);
    if (use.no_branches) chosen.add("no branches");
    if (use.no_fused_gelu) chosen.add("no fused GELU");
#ifdef RUNG_CUDA
    if (auto const& why = ctx.lane().queue.why_not(); !why.empty()) chosen.add("no graphs: " + why);
#endif
    return Json{}
        .set("library", "rung")
        .set("label", use.label)
        .set("device", device())
        .set("mode", use.mode)
        .set("style", use.style)
        .set("model", use.model)
        .set("length", trains ? use.length : Decoding::prompt + Decoding::fresh)
        .set("batch", batch)
        .set("models", models)
        .set("threads", ctx.threads())
        .set("precision", use.precision)
        .set("tokens_per_second", tokens / typical)
        .set("ms", 1e3 * typical)
        .set("fastest_ms", 1e3 * *std::min_element(times.begin(), times.end()))
        .set("steps", times.size() * std::size_t(group))
        .set("flops", models * flops<Model>(trains, batch, use.length))
        .set("bytes", trains ? 0 : bytes<Model, Precision>(batch))
        .set("peak", peak(ctx.threads()))
        .set("weights", Model::parameters)
        .set("options", chosen)
        .set("versions", versions())
        .set("libraries", Json::array());
}

}  // namespace

int main(int argc, char** argv) {
    Arguments use;
    Flags     flags{"Times one model of rung and prints one line of JSON."};
    use.add_to(flags);
    return program(argc, argv, flags, [&] {
        for_each_model_here([&]<class Model>(std::string const& style, std::string const& size) {
            if (style != use.style || size != use.model) return;
            if (use.precision == "f32") std::cout << measure<float, Model>(use) << std::endl;
            else std::cout << measure<bf16, Model>(use) << std::endl;
        });
    });
}
