#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/random.hpp"

using namespace rung_test;

namespace {
std::vector<Chunk> chunks_of(Index size, Index chunk) {
    std::vector<Chunk> chunks;
    for (Index i = 0; i < size; i += chunk) chunks.push_back({i, std::min(chunk, size - i), i >= 20});
    return chunks;
}
}  // namespace

TEST_CASE("gradients of slices add up, and the norm is that of the sum") {
    for (const Index slices : {1, 2, 5, 8}) {
        cpu::Context<double> ctx{{.threads = 2}};
        Random<>             g(slices, 50, 1), copy(slices, 50, 1);
        const double         square = sum_gradients(ctx, g.view(), chunks_of(50, 16));
        double               wanted = 0;
        for (Index j = 0; j < 50; ++j) {
            double sum = 0;
            for (Index s = 0; s < slices; ++s) sum += copy.view()(s, j);
            CHECK(g.view()(0, j) == doctest::Approx(sum));
            wanted += sum * sum;
        }
        CHECK(square == doctest::Approx(wanted));
    }
}

// torch.optim.AdamW's update, written out: decay first, then the step; eps outside the root.
TEST_CASE("three steps of AdamW follow PyTorch's formula, decaying matrices only") {
    cpu::Context<double> ctx{{.threads = 2}};
    Random<>             w(1, 50, 1), mean(1, 50, 0, 0), square(1, 50, 0, 0);
    Random<>             w2(1, 50, 1), m2(1, 50, 0, 0), v2(1, 50, 0, 0);
    for (int t = 1; t <= 3; ++t) {
        const Random<>  g(1, 50, std::uint32_t(10 + t));
        const AdamWStep step{.rate         = 0.01,
                             .beta1        = 0.9,
                             .beta2        = 0.98,
                             .epsilon      = 1e-6,
                             .weight_decay = 0.1,
                             .correction1  = 1 - std::pow(0.9, t),
                             .correction2  = 1 - std::pow(0.98, t),
                             .clip         = 0.5};
        adamw(ctx, w.data.data(), mean.data.data(), square.data.data(), g.data.data(), chunks_of(50, 16),
              step);
        for (Index i = 0; i < 50; ++i) {
            const double grad = 0.5 * g.data[i];
            m2.data[i]        = 0.9 * m2.data[i] + 0.1 * grad;
            v2.data[i]        = 0.98 * v2.data[i] + 0.02 * grad * grad;
            if (i / 16 * 16 >= 20) w2.data[i] -= 0.01 * 0.1 * w2.data[i];
            w2.data[i] -=
                0.01 * (m2.data[i] / step.correction1) / (std::sqrt(v2.data[i] / step.correction2) + 1e-6);
            CHECK(w.data[i] == doctest::Approx(w2.data[i]).epsilon(1e-12));
        }
    }
}
