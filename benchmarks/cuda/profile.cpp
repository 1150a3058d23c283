// What every call of a GPU's work takes: of a training step in bf16, or of one token that is decoded. Prints a table
// of kinds of calls, those first that take most. Calls are made one after the other and without graphs; while a list of
// them is asked for the GPU is held up, so that none waits for the host.

#include <chrono>
#include <climits>
#include <cstdio>
#include <deque>
#include <map>
#include <thread>

#include "../clock.hpp"
#include "../models.hpp"
#include "../workload.hpp"
#include "kinds.hpp"
#include "rung/backend/cuda/driver.cuh"
#include "rung/experiment/program.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

struct Arguments {
    std::string mode = "train", model = "small";
    int         length = 256, batch = 64, repeats = 20;
    double      products = 0, copies = 0;

    void add_to(Flags& flags) {
        flags.add("mode", mode, "what to look into", {"train", "decode"});
        flags.add("model", model, "size", {"micro", "tiny", "small"});
        flags.add("length", length, "tokens of a training sequence", {.least = 1, .most = 256});
        flags.add("batch", batch, "sequences or prompts", {.least = 1, .most = 1024});
        flags.add("repeats", repeats, "times that each call is measured", {.least = 1});
        flags.add("products", products, "operations per second of bf16 products here, if known",
                  {.least = 0});
        flags.add("copies", copies, "bytes per second of copies here, those read and those written, if known",
                  {.least = 0});
    }
};

/// Microseconds of every kind of call, and of nothing.
struct Stopwatch {
    long        lists = 0, from = LONG_MAX;  // started, and the first that is timed
    long        pause = 0;                   // of the GPU, in microseconds
    cuda::Sizes sizes{};
    std::map<cuda::Kind, std::vector<double>> times{};
    std::vector<double>                       nothing{};
};
Stopwatch& stopwatch() {
    static Stopwatch one;
    return one;
}

void sleep(void* microseconds) {
    std::this_thread::sleep_for(std::chrono::microseconds(*static_cast<long*>(microseconds)));
}

void start_timed(cuda::Driver& driver, cuda::Recording const& calls) {
    Stopwatch& watch = stopwatch();
    if (watch.lists++ < watch.from) return cuda::start(driver, calls);
    std::deque<cuda::Event> events;
    const auto              record = [&] {
        cuda::check(cudaEventRecord(events.emplace_back(cudaEventDefault).is, driver.main()), "event");
    };
    watch.pause = 1000 + 20 * long(calls.size());  // longer than it takes to ask for them
    cuda::check(cudaLaunchHostFunc(driver.main(), sleep, &watch.pause), "a pause");
    record(), record();
    calls.for_each([&](auto run, void const* arguments) { run(driver, arguments), record(); });
    cuda::synchronize(driver);
    auto       end   = events.begin();
    const auto taken = [&] {
        const auto begin        = end++;
        float      milliseconds = 0;
        cuda::check(cudaEventElapsedTime(&milliseconds, begin->is, end->is), "event");
        return 1e3 * double(milliseconds);
    };
    watch.nothing.push_back(taken());
    calls.for_each([&](auto run, void const* arguments) {
        watch.times[cuda::kind_of(run, arguments, watch.sizes)].push_back(taken());
    });
}

template <class Model>
void train(Arguments const& use, cuda::Context<bf16>& ctx) {
    Model       model{ctx};
    Trainer     trainer{ctx, model};
    const Batch batch = random_batch(Model::shape.vocab, use.batch, use.length);
    for (int step = 0; step < 3; ++step) trainer.step(batch, 1e-4);
    ctx.wait();
    stopwatch().from  = 0;
    stopwatch().sizes = {double(use.batch) * use.length, double(use.length)};
    for (int step = 0; step < use.repeats; ++step) trainer.step(batch, 1e-4);
    ctx.wait();
}

/// The token after some twenty others. Lists that come before it also come where one token fewer is asked for: they are
/// not timed.
template <class Model>
void decode_token(Arguments const& use, cuda::Context<bf16>& ctx) {
    const Vocab              vocab{Decoding::alphabet};
    const int                ahead  = ctx.lane().steps(Model::parameters, use.batch);
    const int                before = 1 + Decoding::prompt / ahead * ahead;
    std::vector<std::string> prompts;  // short enough to come in together
    for (std::string const& text : Decoding(use.batch).texts) prompts.push_back(text.substr(0, 15));
    Model model{ctx};
    never_end(model);
    const auto lists = [&](int tokens) {
        stopwatch().lists = 0;
        decode(ctx, model, vocab, prompts, {.limit = tokens});
        ctx.wait();
        return stopwatch().lists;
    };
    lists(before + 1);  // so that all is planned
    stopwatch().sizes = {double(use.batch), double(16 + before)};
    stopwatch().from  = lists(before);
    for (int i = 0; i < use.repeats; ++i) lists(before + 1);
}

std::string in_tera(double rate) {
    char text[32] = "-";
    if (rate > 0) std::snprintf(text, sizeof text, "%.3g", rate / 1e12);
    return text;
}

void print(Arguments const& use) {
    struct Row {
        cuda::Kind kind;
        double     count, each;
    };
    std::vector<Row> rows;
    double           calls = 0, sum = 0;
    for (auto const& [kind, times] : stopwatch().times) {
        rows.push_back({kind, double(times.size()) / use.repeats, median(times)});
        calls += rows.back().count, sum += rows.back().count * rows.back().each;
    }
    std::sort(rows.begin(), rows.end(),
              [](Row const& a, Row const& b) { return a.count * a.each > b.count * b.each; });
    std::printf(
        "%s %s, %s%d, bf16: %.0f calls, %.0f us one after the other; between two events with nothing "
        "between them %.1f us.\n\n",
        use.mode.c_str(), use.model.c_str(),
        use.mode == "train" ? concat("T ", use.length, ", B ").c_str() : "one token, B ", use.batch, calls,
        sum, median(stopwatch().nothing));
    std::printf(
        "| call | calls | us each | us all | TFLOP/s | TB/s | share |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for (auto const& [kind, count, each] : rows) {
        const double flops = 1e6 * kind.work.flops / each, bytes = 1e6 * kind.work.bytes / each;
        const double of_products = use.products > 0 ? flops / use.products : 0,
                     of_copies   = use.copies > 0 ? bytes / use.copies : 0;
        std::printf("| %s | %g | %.1f | %.0f | %s | %s | ", kind.name.c_str(), count, each, count * each,
                    in_tera(flops).c_str(), in_tera(bytes).c_str());
        if (of_products == 0 && of_copies == 0) std::printf("- |\n");
        else if (of_products >= of_copies) std::printf("%.0f%% of products |\n", 100 * of_products);
        else std::printf("%.0f%% of copies |\n", 100 * of_copies);
    }
}

}  // namespace

int main(int argc, char** argv) {
    Arguments use;
    Flags     flags{"Times every call of a training step, or of a token that is decoded, on a GPU."};
    use.add_to(flags);
    return program(argc, argv, flags, [&] {
        cuda::Context<bf16> ctx{{.graphs = false, .branches = false, .start = start_timed}};
        for_each_model([&]<class Model>(std::string const& style, std::string const& size) {
            if constexpr (!std::is_same_v<Model, GptMini>)
                if (style == "gpt" && size == use.model)
                    use.mode == "train" ? train<Model>(use, ctx) : decode_token<Model>(use, ctx);
        });
        print(use);
    });
}
