// From logits to tokens, losses and new weights in single precision, against the plain formula by Eigen in double
// precision. Bounds are in units of float rounding; see units().

#include <doctest/doctest.h>

#include "rung/backend/cpu/cpu.hpp"
#include "support/reference.hpp"

using namespace rung_test;

namespace {

/// Softmax of every row, and the log of what it divides by.
Array softmax(Array const& logits, Array& log_sum) {
    const Array top = logits.rowwise().maxCoeff();
    const Array e   = (logits - top.replicate(1, logits.cols())).exp();
    log_sum         = top + e.rowwise().sum().log();
    return e / e.rowwise().sum().replicate(1, logits.cols());
}

/// Runs of uneven lengths, so that most end within a vector; every second one decays.
std::vector<Chunk> uneven(Index size) {
    std::vector<Chunk> chunks;
    Index              first = 0;
    for (Index i = 0; first < size; ++i) {
        const Index count = std::min(columns[i % 8], size - first);
        chunks.push_back({first, count, i % 2 == 0});
        first += count;
    }
    return chunks;
}

}  // namespace

TEST_CASE("cross-entropy: loss, gradient in place, and rows that are not graded") {
    cpu::Lane<float> lane;
    for (const Index c : columns)
        for (const double spread : {3.0, 60.0}) {  // the second one's rows are all but certain
            CAPTURE(c);
            Framed<>    logits(6, c, 1, spread);
            const int   targets[] = {0, -1, int(c) - 1, int(c) / 2, -1, 0};
            Array       log_sum, wanted = softmax(exact(logits), log_sum);
            double      loss_wanted = 0;
            const Array before      = exact(logits);
            for (Index i = 0; i < 6; ++i) {
                if (targets[i] < 0) {
                    wanted.row(i) = 0;
                    continue;
                }
                loss_wanted += log_sum(i) - before(i, targets[i]);
                wanted(i, targets[i]) -= 1;
            }
            const double loss = cross_entropy(lane, logits.view(), targets, 1.f);
            CHECK(std::abs(loss - loss_wanted) < 0x1p-24 * std::max(6.0, loss_wanted));
            CHECK(units(logits, wanted) < 8 + spread);  // x - max is rounded in units of x
            CHECK((exact(logits).row(1) == 0).all());
            CHECK((exact(logits).row(4) == 0).all());
            CHECK(logits.intact());
        }
}

TEST_CASE("cross-entropy's scale scales the gradient and not the loss") {
    cpu::Lane<float> lane;
    Framed<>         one(3, 17, 1), other(3, 17, 1);
    const int        targets[] = {4, 16, 0};
    const double     loss      = cross_entropy(lane, one.view(), targets, 1.f);
    CHECK(cross_entropy(lane, other.view(), targets, 0.125f) == loss);
    CHECK(units(other, exact(one) / 8) <= 1);
    CHECK((exact(other).abs() > 0.01).any());
}

TEST_CASE("greedy takes the largest from `first` up, the lowest of equals, and its probability") {
    cpu::Lane<float> lane;
    spoil(lane);
    for (const Index c : columns)
        for (const Index first : {Index{0}, Index{2}}) {
            if (first >= c) continue;
            CAPTURE(c);
            Framed<>    logits(rung_test::columns[7], c, 1, 2);
            const Index n    = logits.view().rows;
            const auto  m    = logits.view();
            const Index last = c - 1, middle = (first + last) / 2;
            for (Index j = first; j < c; ++j) m(0, j) = 0.5f;                 // all equal
            m(1, middle) = m(1, last) = 50;                                   // two equal
            for (Index j = 0; j < first; ++j) m(2, j) = 99;                   // larger where it may not look
            for (Index j = 0; j < c; ++j) m(3, j) = -1000.f - 10 * float(j);  // all far below zero
            m(4, last) = 7;
            std::vector<int>    tokens(static_cast<std::size_t>(n), -1);
            std::vector<double> probabilities(tokens.size());
            greedy(lane, tokens.data(), probabilities.data(), logits, int(first));
            Array       log_sum;
            const Array all   = exact(logits).rightCols(c - first);
            const Array share = softmax(all, log_sum);
            for (Index i = 0; i < n; ++i) {
                Index wanted = 0;
                all.row(i).maxCoeff(&wanted);
                while (wanted > 0 && all(i, wanted - 1) == all(i, wanted)) --wanted;
                if (i == 1) wanted = middle - first;
                const auto at = std::size_t(i);
                CHECK(tokens[at] == first + wanted);
                CHECK(probabilities[at] == doctest::Approx(share(i, wanted)).epsilon(6 * 0x1p-24));
            }
            CHECK(probabilities[0] == doctest::Approx(1 / double(c - first)).epsilon(1e-6));
        }
}

TEST_CASE("column sums of any number of rows are added, and nothing where there is no bias") {
    cpu::Lane<float> lane;
    for (const Index c : columns)
        for (const Index n : {0, 1, 2, 3, 4, 5, 7, 8, 33}) {
            CAPTURE(c);
            CAPTURE(n);
            Framed<>    sums(1, c, 1), none(0, c, 1);
            Framed<>    x(n, c, 2);
            const Array wanted = exact(sums) + exact(x).colwise().sum();
            add_column_sums(lane, sums.view(), x);
            CHECK(units(sums, wanted) < 6 + 0.5 * double(n));
            CHECK(sums.intact());
            add_column_sums(lane, none.view(), x);
            CHECK(none.intact());
        }
}

TEST_CASE("gradients of slices add up in every chunk, and the norm is that of the sum") {
    for (const Index slices : {1, 2, 3, 8, 13}) {
        cpu::Context ctx{{.threads = 2}};
        const Index  size = 1000;
        Framed<>     gradients(slices, size, 1);
        const Array  wanted = exact(gradients).colwise().sum();
        const double square = sum_gradients(ctx, gradients.view(), uneven(size));
        CHECK(units(Array(exact(gradients).row(0)), wanted) < 6 + std::log2(double(slices)));
        CHECK(square == doctest::Approx(wanted.square().sum()).epsilon(1e-6));
        CHECK(gradients.intact());
    }
}

TEST_CASE("AdamW in single precision follows the formula for ten steps") {
    cpu::Context ctx{{.threads = 2}};
    const Index  size   = 700;
    const auto   chunks = uneven(size);
    Framed<>     w(1, size, 1), mean(1, size, 0, 0), square(1, size, 0, 0);
    Array        W = exact(w), M = exact(mean), V = exact(square);
    for (int t = 1; t <= 10; ++t) {
        const Framed<>  g(1, size, std::uint32_t(10 + t));
        const AdamWStep step{.rate         = 0.01,
                             .beta1        = 0.9,
                             .beta2        = 0.98,
                             .epsilon      = 1e-6,
                             .weight_decay = 0.1,
                             .correction1  = 1 - std::pow(0.9, t),
                             .correction2  = 1 - std::pow(0.98, t),
                             .clip         = 0.5};
        adamw(ctx, w.view().data, mean.view().data, square.view().data, g.view().data, chunks, step);
        M = 0.9 * M + 0.1 * 0.5 * exact(g);
        V = 0.98 * V + 0.02 * (0.5 * exact(g)).square();
        for (auto const& chunk : chunks)
            if (chunk.decayed) W.middleCols(chunk.first, chunk.count) *= 1 - 0.01 * 0.1;
        W -= 0.01 * (M / step.correction1) / ((V / step.correction2).sqrt() + 1e-6);
    }
    CHECK(units(w, W) < 10);  // one rounding or two a step
    CHECK(units(mean, M) < 4);
    CHECK(units(square, V) < 5);
    CHECK((w.intact() && mean.intact() && square.intact()));
}
