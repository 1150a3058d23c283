#pragma once
// Where learning begins and ends: the loss with its gradient, and the optimizer's update.

#include "operation.hpp"

namespace rung::bench {

/// Logits become their gradient, in place: the second call works on what the first one left, with as much to do.
struct CrossEntropy {
    Random           logits;
    std::vector<int> targets;
    explicit CrossEntropy(State const& state) : logits(state.range(0), state.range(1), 1) {
        Rng rng(1, Purpose::user, 2);
        for (Index i = 0; i < logits.view.rows; ++i)
            targets.push_back(int(rng.below(std::uint32_t(logits.view.cols))));
    }
    void rung(Lane& lane) {
        benchmark::DoNotOptimize(cross_entropy(lane, logits.view, targets.data(), 1.0f));
    }
    void eigen() {
        double loss = 0;
        for (Index i = 0; i < logits.view.rows; ++i) {
            auto        row    = logits.row(i);
            const int   target = targets[std::size_t(i)];
            const float chosen = row(target), top = row.maxCoeff();
            row               = (row - top).exp();
            const float total = row.sum();
            loss += std::log(total) + top - chosen;
            row *= 1 / total;
            row(target) -= 1;
        }
        benchmark::DoNotOptimize(loss);
    }
    Mat<float> result() { return logits.view; }
    Cost       cost() const {
              return {(exponential + 4) * double(logits.data.size()), 8.0 * double(logits.data.size())};
    }
};

struct AdamW {
    Random                     w, m, v, g;
    cpu::Context<float>        ctx{{.threads = 1}};
    std::vector<rung::Chunk>   chunks;
    static constexpr AdamWStep step{.rate         = 1e-3,
                                    .beta1        = 0.9,
                                    .beta2        = 0.98,
                                    .epsilon      = 1e-8,
                                    .weight_decay = 0.01,
                                    .correction1  = 0.1,
                                    .correction2  = 0.02,
                                    .clip         = 0.5};
    explicit AdamW(State const& state)
        : w(1, state.range(0), 1), m(1, w.data.size(), 2), v(1, w.data.size(), 3), g(1, w.data.size(), 4) {
        v.array() = v.array().square();
        for (Index i = 0; i < w.data.size(); i += 4096)
            chunks.push_back({i, std::min<Index>(4096, w.data.size() - i), true});
    }
    void rung(Lane&) {
        adamw(ctx, w.data.data(), m.data.data(), v.data.data(), g.data.cdata(), chunks, step);
    }
    void eigen() {
        const float b1 = float(step.beta1), b2 = float(step.beta2), clip = float(step.clip);
        const float rate = float(step.rate / step.correction1), root = float(1 / std::sqrt(step.correction2));
        const float keep = float(1 - step.rate * step.weight_decay);
        m.array()        = b1 * m.array() + (1 - b1) * clip * g.array();
        v.array()        = b2 * v.array() + (1 - b2) * clip * clip * g.array().square();
        w.array() = keep * w.array() - rate * m.array() / (v.array().sqrt() * root + float(step.epsilon));
    }
    Mat<float> result() { return w.view; }
    Cost       cost() const { return {14.0 * double(w.data.size()), 28.0 * double(w.data.size())}; }
};

}  // namespace rung::bench
