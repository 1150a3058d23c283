#pragma once
// How one operation is measured. An operation owns its data and runs it either way, `rung(lane)` or `eigen()`, or a
// third, `onednn()`; all must come to the same `result()`. Its `cost()` says what it has to do.

#include <Eigen/Core>

#include <cmath>
#include <string>
#include <vector>

#include "../machine.hpp"
#include "rung/backend/cpu/cpu.hpp"
#include "rung/core/rng.hpp"

namespace rung::bench {

using Lane   = cpu::Lane<float>;
using Array  = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row    = Eigen::Array<float, 1, Eigen::Dynamic>;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using State  = benchmark::State;

/// Normal random numbers, seen by rung as a view, and by Eigen as a matrix or an array.
struct Random {
    Buffer<float> data;
    Mat<float>    view;

    Random(Index rows, Index cols, std::uint32_t stream) : data(rows * cols), view(data.data(), rows, cols) {
        Rng rng(1, Purpose::user, stream);
        for (auto& x : data) x = float(rng.normal());
    }
    auto matrix() { return Eigen::Map<Matrix>(data.data(), view.rows, view.cols); }
    auto array() { return Eigen::Map<Array>(data.data(), view.rows, view.cols); }
    auto row(Index i) { return Eigen::Map<Row>(view.row(i), view.cols); }
    /// Columns first .. first + count - 1 of some rows.
    auto block(Index row, Index rows, Index col, Index cols) { return matrix().block(row, col, rows, cols); }
};

/// Of one call: operations, and bytes that must move. An exponential counts as 20 operations, about what its range
/// reduction and polynomial take; divisions and roots count as one.
struct Cost {
    double flops, bytes;
};
inline constexpr double exponential = 20;

/// Largest difference, as a share of the largest value.
inline double gap(Mat<float> a, Mat<float> b) {
    double difference = 0, largest = 0;
    for (Index i = 0; i < a.rows; ++i)
        for (Index j = 0; j < a.cols; ++j) {
            difference = std::max(difference, std::abs(double(a(i, j)) - double(b(i, j))));
            largest    = std::max(largest, std::abs(double(b(i, j))));
        }
    return difference / largest;
}

enum class By { rung, eigen, onednn };

template <By by, class Operation>
void run(Operation& operation, Lane& lane) {
    if constexpr (by == By::rung) lane.arena.reset(), operation.rung(lane);
    else if constexpr (by == By::eigen) operation.eigen();
    else operation.onednn();
}

template <class Operation, By by>
void measure(State& state) {
    Lane      lane;
    Operation operation(state), twin(state);
    run<by>(operation, lane), run<by == By::eigen ? By::rung : By::eigen>(twin, lane);
    if (!(gap(operation.result(), twin.result()) < 1e-4))
        return state.SkipWithError("not what the others come to");
    const auto [flops, bytes] = operation.cost();
    const double roofline     = std::min(machine(1).f32, bandwidth_at(Index(bytes)) * flops / bytes);
    const double start        = seconds();
    for (auto _ : state) {
        run<by>(operation, lane);
        benchmark::ClobberMemory();
    }
    const double rate = flops * double(state.iterations()) / (seconds() - start);
    report_flops(state, rate, 1);
    state.counters["roofline"]          = roofline * 1e-9;
    state.counters["share_of_roofline"] = rate / roofline;
}

using Sizes = std::vector<std::vector<std::int64_t>>;

/// One benchmark by each library for every size.
template <class Operation>
void add(std::string const& name, std::vector<std::string> const& names, Sizes const& sizes) {
    const auto add_by = [&](std::string const& by, std::vector<std::int64_t> const& size, auto* function) {
        benchmark::RegisterBenchmark((name + "/" + by).c_str(), function)->ArgNames(names)->Args(size);
    };
    for (auto const& size : sizes) {
        add_by("rung", size, measure<Operation, By::rung>);
        add_by("eigen", size, measure<Operation, By::eigen>);
        if constexpr (requires(Operation & operation) { operation.onednn(); })
            add_by("onednn", size, measure<Operation, By::onednn>);
    }
}

}  // namespace rung::bench
