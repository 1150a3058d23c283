// How do a training step's time and memory grow with each size of the model and of the batch? One axis at a time, the
// others as in the base: Llama style, two layers of width 64, 64 sequences of 64 tokens, one thread. The last lines are
// fitted exponents (time ~ size^e) and, for threads, the speed-up.

#include <cmath>
#include <iomanip>
#include <map>
#include <sstream>

#include "machine.hpp"
#include "models.hpp"
#include "workload.hpp"

namespace {

using namespace rung;
using namespace rung::bench;

template <int width, class Depth>
using Net = Transformer<llama_shape(width, 4), Rope<>, Depth, Llama>;

struct Batches {
    int count = 64, length = 64, threads = 1;
};

template <class Model>
void step(benchmark::State& state, Batches use) {
    const auto [count, length, threads] = use;
    cpu::Context ctx{{.threads = threads}};
    Model        model{ctx};
    Trainer      trainer{ctx, model};
    const auto   batch = random_batch(Model::shape.vocab, count, length);
    trainer.step(batch, 1e-4);
    machine(ctx.threads());
    const double start = seconds();
    for (auto _ : state) benchmark::DoNotOptimize(trainer.step(batch, 1e-4));
    const double rate            = double(state.iterations()) / (seconds() - start);
    state.counters["tokens/s"]   = rate * double(batch.rows);
    state.counters["scratch_MB"] = double(ctx.scratch_peak()) / (1 << 20);
    state.counters["weights"]    = double(Model::parameters);
    report_flops(state, rate * 3 * Model::flops(length) * count, ctx.threads());
}

/// A place on an axis; its name, "width/32", says where.
template <class Model>
void add(std::string const& axis, int place, Batches use = {}) {
    benchmark::RegisterBenchmark((axis + "/" + std::to_string(place)).c_str(), step<Model>, use)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
}

void add_axes() {
    const auto each = []<int... places>(std::integer_sequence<int, places...>, auto&& add_place) {
        (add_place.template operator()<places>(), ...);
    };
    each(std::integer_sequence<int, 16, 32, 64, 128, 256>{},
         []<int width>() { add<Net<width, Stacked<2>>>("width", width); });
    each(std::integer_sequence<int, 1, 2, 4, 8>{},
         []<int layers>() { add<Net<64, Stacked<layers>>>("depth", layers); });
    each(std::integer_sequence<int, 1, 2, 4, 8>{},
         []<int passes>() { add<Net<64, Looped<passes>>>("passes", passes); });
    using Model = Net<64, Stacked<2>>;
    for (const int length : {16, 32, 64, 128, 256}) add<Model>("length", length, {.length = length});
    for (const int count : {8, 16, 32, 64, 128, 256}) add<Model>("batch", count, {.count = count});
    for (const int threads : thread_counts()) add<Model>("threads", threads, {.threads = threads});
}

struct Measured {
    std::vector<double> seconds;
    double              scratch = 0;
};
using Axis = std::map<int, Measured>;

/// e of the line log y = e log x + c through the points, by least squares.
template <class Y>
double exponent(Axis const& axis, Y&& y_of) {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (auto const& [place, measured] : axis) {
        const double u = std::log(double(place)), v = std::log(y_of(measured));
        n += 1, x += u, y += v, xx += u * u, xy += u * v;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

/// Shows results as usual, remembers them, and ends with what they come to.
class Exponents : public benchmark::ConsoleReporter {
public:
    Exponents() : ConsoleReporter(OO_None) {}

    void ReportRuns(std::vector<Run> const& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (auto const& run : runs) {
            const bool measured = run.run_type == Run::RT_Iteration || run.aggregate_name == "median";
            if (!measured || run.real_accumulated_time <= 0) continue;
            std::istringstream name(run.run_name.function_name);
            std::string        axis;
            int                place = 0;
            std::getline(name, axis, '/') >> place;
            auto& at   = axes_[axis][place];
            at.scratch = run.counters.at("scratch_MB");
            at.seconds.push_back(run.GetAdjustedRealTime());
        }
    }
    void Finalize() override {
        auto& out = GetOutputStream();
        out << std::fixed << std::setprecision(2);
        for (auto const& [name, axis] : axes_) {
            if (axis.size() < 2) continue;
            const auto& [smallest, slow] = *axis.begin();
            const auto& [largest, fast]  = *axis.rbegin();
            out << name << " from " << smallest << " to " << largest;
            if (name == "threads")
                out << ": " << median(slow.seconds) / median(fast.seconds) << " times as fast\n";
            else
                out << ": time ~ " << name << "^" << exponent(axis, [](auto& m) { return median(m.seconds); })
                    << ", scratch memory ~ " << name << "^"
                    << exponent(axis, [](auto& m) { return m.scratch; }) << "\n";
        }
    }

private:
    std::map<std::string, Axis> axes_;
};

}  // namespace

int main(int argc, char** argv) {
    add_axes();
    Exponents reporter;
    return run_benchmarks(argc, argv, &reporter);
}
