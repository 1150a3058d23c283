// What does each operation cost beside bare Eigen, on one core? The sizes are those of a 2-layer model of width 128 and
// of one of width 64, 512 rows at a time. `share_of_peak` is against the multiply-add peak of the same run.

#include <Eigen/Core>

#include "peak.hpp"
#include "rung/backend/cpu/cpu.hpp"
#include "rung/core/rng.hpp"

namespace {

using namespace rung;
using Matrix  = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Wrapped = Eigen::Map<Matrix>;

struct Random {
    Buffer<float> data;
    Mat<float>    view;
    Random(Index rows, Index cols, std::uint32_t stream) : data(rows * cols), view(data.data(), rows, cols) {
        Rng rng(1, Purpose::user, stream);
        for (auto& x : data) x = float(rng.normal());
    }
    Wrapped eigen() { return {data.data(), view.rows, view.cols}; }
};

double one_core_peak() {
    static const double peak = [] {
        Workers one(1);
        return peak_flops(one);
    }();
    return peak;
}

void report(benchmark::State& state, double flops, double start) {
    const double rate               = flops * double(state.iterations()) / (seconds() - start);
    state.counters["GFLOP/s"]       = rate * 1e-9;
    state.counters["share_of_peak"] = rate / one_core_peak();
}

enum class By { rung, eigen };

/// y = x w, dx = dy wT, dw += xT dy: the three products of a linear layer.
template <By by>
void forward(benchmark::State& state) {
    const Index      n = state.range(0), k = state.range(1), m = state.range(2);
    Random           x(n, k, 1), w(k, m, 2), y(n, m, 3);
    cpu::Lane<float> lane;
    one_core_peak();
    const double start = seconds();
    for (auto _ : state) {
        if constexpr (by == By::rung) lane.arena.reset(), matmul(lane, y.view, x.view, w.view);
        else y.eigen().noalias() = x.eigen() * w.eigen();
        benchmark::ClobberMemory();
    }
    report(state, 2.0 * double(n * k * m), start);
}
template <By by>
void input_gradient(benchmark::State& state) {
    const Index      n = state.range(0), k = state.range(1), m = state.range(2);
    Random           dx(n, k, 1), w(k, m, 2), dy(n, m, 3);
    cpu::Lane<float> lane;
    one_core_peak();
    const double start = seconds();
    for (auto _ : state) {
        if constexpr (by == By::rung) lane.arena.reset(), matmul_nt(lane, dx.view, dy.view, w.view);
        else dx.eigen().noalias() = dy.eigen() * w.eigen().transpose();
        benchmark::ClobberMemory();
    }
    report(state, 2.0 * double(n * k * m), start);
}
template <By by>
void weight_gradient(benchmark::State& state) {
    const Index      n = state.range(0), k = state.range(1), m = state.range(2);
    Random           x(n, k, 1), dw(k, m, 2), dy(n, m, 3);
    cpu::Lane<float> lane;
    one_core_peak();
    const double start = seconds();
    for (auto _ : state) {
        if constexpr (by == By::rung) lane.arena.reset(), add_matmul_tn(lane, dw.view, x.view, dy.view);
        else dw.eigen().noalias() += x.eigen().transpose() * dy.eigen();
        benchmark::ClobberMemory();
    }
    report(state, 2.0 * double(n * k * m), start);
}

void sizes(benchmark::internal::Benchmark* b) {
    b->ArgNames({"rows", "in", "out"});
    for (const long width : {64, 128})
        b->Args({512, width, 3 * width})->Args({512, width, 4 * width})->Args({512, 4 * width, width});
}

BENCHMARK(forward<By::rung>)->Apply(sizes);
BENCHMARK(forward<By::eigen>)->Apply(sizes);
BENCHMARK(input_gradient<By::rung>)->Apply(sizes);
BENCHMARK(input_gradient<By::eigen>)->Apply(sizes);
BENCHMARK(weight_gradient<By::rung>)->Apply(sizes);
BENCHMARK(weight_gradient<By::eigen>)->Apply(sizes);

/// Attention over 512 rows cut into sequences of one length, forward and backward.
template <bool backward>
void attention_of(benchmark::State& state) {
    const Index      n = 512, length = state.range(0), c = state.range(1), heads = 4;
    Random           qkv(n, 3 * c, 1), out(n, c, 2), lse(n, heads, 3), dout(n, c, 4), dqkv(n, 3 * c, 5);
    std::vector<int> starts;
    for (int row = 0; row <= n; row += int(length)) starts.push_back(row);
    const Sequences  rows{nullptr, nullptr, starts.data(), int(starts.size()) - 1};
    cpu::Lane<float> lane;
    one_core_peak();
    attention(lane, out.view, lse.view, qkv.view, rows, int(heads));
    const double start = seconds();
    for (auto _ : state) {
        lane.arena.reset();
        if constexpr (backward)
            attention_backward(lane, dqkv.view, dout.view, out.view, lse.view, qkv.view, rows, int(heads));
        else attention(lane, out.view, lse.view, qkv.view, rows, int(heads));
        benchmark::ClobberMemory();
    }
    report(state, (backward ? 5.0 : 2.0) * double(n * c * (length + 1)), start);
}
BENCHMARK(attention_of<false>)
    ->ArgNames({"length", "width"})
    ->Args({16, 64})
    ->Args({64, 128})
    ->Args({256, 128});
BENCHMARK(attention_of<true>)
    ->ArgNames({"length", "width"})
    ->Args({16, 64})
    ->Args({64, 128})
    ->Args({256, 128});

/// Element-wise work per second, in elements.
void gelu_forward(benchmark::State& state) {
    Random           x(512, 512, 1), y(512, 512, 2);
    cpu::Lane<float> lane;
    for (auto _ : state) gelu(lane, y.view, x.view), benchmark::ClobberMemory();
    state.SetItemsProcessed(state.iterations() * x.view.size());
}
void gelu_gradient(benchmark::State& state) {
    Random           x(512, 512, 1), dy(512, 512, 2), dx(512, 512, 3);
    cpu::Lane<float> lane;
    for (auto _ : state) gelu_backward(lane, dx.view, dy.view, x.view), benchmark::ClobberMemory();
    state.SetItemsProcessed(state.iterations() * x.view.size());
}
void layer_norm_forward(benchmark::State& state) {
    Random           x(512, 128, 1), y(512, 128, 2), stats(512, 2, 3), gain(1, 128, 4), bias(1, 128, 5);
    cpu::Lane<float> lane;
    for (auto _ : state)
        layer_norm(lane, y.view, stats.view, x.view, gain.view, bias.view), benchmark::ClobberMemory();
    state.SetItemsProcessed(state.iterations() * x.view.size());
}
BENCHMARK(gelu_forward);
BENCHMARK(gelu_gradient);
BENCHMARK(layer_norm_forward);

}  // namespace

BENCHMARK_MAIN();
