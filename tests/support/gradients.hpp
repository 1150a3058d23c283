#pragma once
// Whole models in double precision: their loss, its gradient, and the gradient against finite differences.

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "rung/model/transformer.hpp"
#include "support/random.hpp"

namespace rung_test {

inline constexpr Shape odd{.vocab = 7, .context = 12, .width = 12, .heads = 2, .hidden = 20};

/// Weights away from their symmetric start.
template <class Model, class Real = double>
Buffer<Real> weights_of(std::uint64_t seed = 3) {
    Buffer<Real> w(Model::parameters);
    Model::initialize(w.data(), seed);
    Rng rng(seed, Purpose::user);
    for (auto& x : w) x += Real(0.2 * rng.normal());
    return w;
}

/// The targets of a batch, once for every graded pass.
inline std::vector<int> repeated(std::vector<int> const& targets, int times) {
    std::vector<int> all;
    for (int i = 0; i < times; ++i) all.insert(all.end(), targets.begin(), targets.end());
    return all;
}

template <class Model>
double loss_of(cpu::Lane<double>& lane, Buffer<double> const& w, RandomRows const& rows, Run const& run) {
    lane.reset();
    const auto tape = Model::forward(lane, w.cdata(), rows.view(), run);
    return cross_entropy(lane, tape.logits, repeated(rows.targets, run.graded).data(), 1.0);
}

template <class Model>
Buffer<double> gradient_of(cpu::Lane<double>& lane, Buffer<double> const& w, RandomRows const& rows,
                           Run const& run) {
    Buffer<double> dw(Model::parameters);
    lane.reset();
    const auto tape = Model::forward(lane, w.cdata(), rows.view(), run);
    cross_entropy(lane, tape.logits, repeated(rows.targets, run.graded).data(), 1.0);
    Model::backward(lane, w.cdata(), dw.data(), tape, rows.view(), run);
    return dw;
}

template <class Model>
void check_gradients(RandomRows const& rows, Run const& run = {}) {
    cpu::Lane<double> lane;
    auto              w  = weights_of<Model>();
    auto              dw = gradient_of<Model>(lane, w, rows, run);
    Model::for_each_weight([&](std::string const& name, WeightSpec const& spec, Index offset) {
        CAPTURE(name);
        const auto loss = [&] { return loss_of<Model>(lane, w, rows, run); };
        CHECK(gradient_gap({w.data() + offset, spec.rows, spec.cols},
                           {dw.data() + offset, spec.rows, spec.cols}, loss, 25) < 1e-7);
    });
}
template <class Model>
void check_gradients(Run const& run = {}) {
    check_gradients<Model>(
        looked_up<typename Model::position_type>(RandomRows({3, 1, 6}, Model::shape.vocab)), run);
}

template <class Model>
std::vector<double> logits_of(Buffer<double> const& w, RandomRows const& rows, Run const& run = {}) {
    cpu::Lane<double> lane;
    const auto        logits = Model::forward(lane, w.cdata(), rows.view(), run).logits;
    return {logits.data, logits.data + logits.size()};
}

}  // namespace rung_test
