// rung's side of the comparison: times training steps or greedy decoding of one model of models.hpp, as torch_peer.py
// does, and prints the same line of JSON.

#include <iostream>

#include "../clock.hpp"
#include "../models.hpp"
#include "../vectors.hpp"
#include "../workload.hpp"
#include "rung/experiment/json.hpp"
#include "rung/experiment/program.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

struct Arguments {
    std::string mode = "train", style = "gpt", model = "tiny", precision = "f32", label = "rung";
    int         length = 64, batch = 128, threads = 2;
    double      seconds = 3;

    void add_to(Flags& flags) {
        flags.add("mode", mode, "what to time", {"train", "decode"});
        flags.add("style", style, "model family", {"gpt", "llama"});
        flags.add("model", model, "size", {"micro", "mini", "tiny", "small"});
        flags.add("length", length, "tokens of a training sequence", {.least = 1, .most = 256});
        flags.add("batch", batch, "training sequences", {.least = 1});
        flags.add("threads", threads, "threads", {.least = 1, .most = 1024});
        flags.add("precision", precision, "of products", {"f32", "bf16"});
        flags.add("seconds", seconds, "to measure for", {.least = 0.001});
        flags.add("label", label, "copied to the output");
    }
};

/// Seconds of each step but the first: for the budget and three times at least, while patience lasts.
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

template <class Precision, class Model>
Json measure(Arguments const& use) {
    cpu::Context<Precision> ctx{{.threads = use.threads}};
    Model                   model{ctx};
    const bool              trains = use.mode == "train";
    const double tokens = trains ? double(use.batch) * use.length : Decoding::prompts * Decoding::fresh;
    std::vector<double> times;
    if (trains) {
        Trainer    trainer{ctx, model};
        const auto batch = random_batch(Model::shape.vocab, use.batch, use.length);
        times            = timed([&] { trainer.step(batch, 1e-4); }, use.seconds);
    } else {
        const Decoding work;
        never_end(model);
        times = timed([&] { work.run(ctx, model); }, use.seconds);
    }
    const double typical = median(times);
    return Json{}
        .set("library", "rung")
        .set("label", use.label)
        .set("mode", use.mode)
        .set("style", use.style)
        .set("model", use.model)
        .set("length", trains ? use.length : Decoding::prompt + Decoding::fresh)
        .set("batch", trains ? use.batch : Decoding::prompts)
        .set("threads", use.threads)
        .set("precision", use.precision)
        .set("tokens_per_second", tokens / typical)
        .set("ms", 1e3 * typical)
        .set("fastest_ms", 1e3 * *std::min_element(times.begin(), times.end()))
        .set("steps", times.size())
        .set("weights", Model::parameters)
        .set("options", Json::array())
        .set("versions", Json{}.set("compiler", __VERSION__).set("vectors", vectors))
        .set("libraries", Json::array());
}

}  // namespace

int main(int argc, char** argv) {
    Arguments use;
    Flags     flags{"Times one model of rung and prints one line of JSON."};
    use.add_to(flags);
    return program(argc, argv, flags, [&] {
        for_each_model([&]<class Model>(std::string const& style, std::string const& size) {
            if (style != use.style || size != use.model) return;
            if (use.precision == "f32") std::cout << measure<float, Model>(use) << std::endl;
            else std::cout << measure<bf16, Model>(use) << std::endl;
        });
    });
}
